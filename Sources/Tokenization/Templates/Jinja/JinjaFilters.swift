/// What can follow `|`.
enum JinjaFilters {
    static let all = general.merging(text) { $1 }.merging(numbers) { $1 }.merging(collections) { $1 }

    // MARK: Any value

    private static let general: [String: JinjaFunction] = [
        "default": defaultFilter, "d": defaultFilter,
        "string": JinjaFunction(price: .nothing) { call in .string(try call.text()) },
        "safe": JinjaFunction(price: .nothing) { call in .string(try call.text()) },
        "length": lengthFilter, "count": lengthFilter,
        "tojson": JinjaFunction(
            JinjaSignature(optional: ["ensure_ascii", "indent", "separators", "sort_keys"]), price: .nothing
        ) { call in
            .string(
                try JinjaJSONWriter.write(call.value, style: .init(call), budget: call.budget))
        },
    ]

    private static let defaultFilter = JinjaFunction(
        JinjaSignature(optional: ["default_value", "boolean"]), price: .nothing
    ) { call in
        let isReplaced = call.value.isUndefined || (call.flag(1) && !call.value.isTrue)
        return isReplaced ? call[0] ?? .string("") : call.value
    }

    private static let lengthFilter = JinjaFunction(price: .nothing) { call in
        .integer(try call.interpreter.length(of: call.value))
    }

    // MARK: Text

    private static let text: [String: JinjaFunction] = [
        "upper": transform { $0.uppercased() },
        "lower": transform(PythonText.lowercased),
        "capitalize": transform(PythonText.capitalized),
        "title": transform(PythonText.titlecasedWords),
        "trim": JinjaMethods.strip(at: .both),
        "replace": JinjaFunction(
            JinjaSignature(required: ["old", "new"], optional: ["count"]), price: .bytes
        ) { call in
            let old = try call.interpreter.text(of: call[0] ?? .null)
            let new = try call.interpreter.text(of: call[1] ?? .null)
            return .string(try JinjaMethods.replace(old, with: new, limit: call.integer(2), in: call))
        },
        "indent": JinjaFunction(JinjaSignature(optional: ["width", "first", "blank"]), price: .bytes) {
            call in
            .string(try indented(call))
        },
    ]

    private static func transform(_ change: @escaping @Sendable (String) -> String) -> JinjaFunction {
        JinjaFunction { call in .string(change(try call.text())) }
    }

    private static func indented(_ call: JinjaCall) throws -> String {
        guard case .string = call.value else {
            throw call.value.isUndefined
                ? call.interpreter.useOfUndefined(call.value)
                : JinjaFault.evaluation("`indent` needs a string, found \(call.value.typeName)")
        }
        let indentation = try indentation(call)
        let indentsFirst = call.flag(1)
        let indentsBlank = call.flag(2)
        let lines = try JinjaMethods.lines(call.text() + "\n", call)
        try call.budget.spend(textBytes: indentation.utf8.count, times: lines.count)
        let indented = lines.enumerated().map { position, line in
            let isIndented = position == 0 ? indentsFirst : indentsBlank || !line.isEmpty
            return isIndented ? indentation + line : line
        }
        return try call.interpreter.joined(indented, separator: "\n")
    }

    private static func indentation(_ call: JinjaCall) throws -> String {
        if case .string(let indentation) = call[0] { return indentation }
        let width = max(0, try call.integer(0) ?? 4)
        try call.budget.spend(textBytes: width)
        return String(repeating: " ", count: width)
    }

    // MARK: Numbers

    private static let numbers: [String: JinjaFunction] = [
        "int": JinjaFunction(JinjaSignature(optional: ["default", "base"])) { call in
            try integer(call) ?? call[0] ?? .integer(0)
        },
        "float": JinjaFunction(JinjaSignature(optional: ["default"])) { call in
            try float(call).map(JinjaValue.float) ?? call[0] ?? .float(0)
        },
        "abs": JinjaFunction { call in
            let isNegative = try call.interpreter.isLess(call.value, .integer(0))
            return try call.interpreter.apply(isNegative ? .minus : .plus, to: call.value)
        },
        "round": JinjaFunction(JinjaSignature(optional: ["precision", "method"])) { call in try rounded(call)
        },
    ]

    private static func integer(_ call: JinjaCall) throws -> JinjaValue? {
        if let value = call.value.asInteger { return .integer(value) }
        if case .string(let text) = call.value,
            let value = PythonNumbers.integer(text, base: try call.integer(1) ?? 10)
        {
            return .integer(value)
        }
        guard let value = try float(call), !value.isNaN else { return nil }
        if value.isInfinite, case .string = call.value { return nil }
        guard let integer = Int(exactly: value.rounded(.towardZero)) else {
            throw JinjaFault.evaluation("\(PythonNumbers.text(of: value)) is beyond an integer of 64 bits")
        }
        return .integer(integer)
    }

    private static func float(_ call: JinjaCall) throws -> Double? {
        switch call.value {
        case .undefined: throw call.interpreter.useOfUndefined(call.value)
        case .string(let text): PythonNumbers.float(text)
        default: call.value.asDouble
        }
    }

    private static func rounded(_ call: JinjaCall) throws -> JinjaValue {
        let digits = try call.integer(0) ?? 0
        let method = try call.string(1) ?? "common"
        guard ["common", "ceil", "floor"].contains(method) else {
            throw JinjaFault.evaluation("`round` knows 'common', 'ceil' and 'floor', not '\(method)'")
        }
        guard digits >= 0 else { throw JinjaFault.evaluation("`round` needs a precision of 0 or more") }
        if method == "common", let value = call.value.asInteger { return .integer(value) }
        guard let value = call.value.asDouble else {
            throw call.value.isUndefined
                ? call.interpreter.useOfUndefined(call.value)
                : JinjaFault.evaluation("`round` needs a number, found \(call.value.typeName)")
        }
        if method == "common" { return .float(PythonNumbers.rounded(value, digits: digits)) }
        let scale = try PythonNumbers.apply(.power, 10.0, Double(digits))
        return .float((value * scale).rounded(method == "ceil" ? .up : .down) / scale)
    }
}
