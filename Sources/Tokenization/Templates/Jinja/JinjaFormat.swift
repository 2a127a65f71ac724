/// `str.format` with plain fields: `{}`, `{0}` and `{name}`.
enum JinjaFormat {
    static func fill(
        _ template: String, with arguments: JinjaArguments, _ interpreter: JinjaInterpreter
    ) throws -> String {
        var result = ""
        var nextPosition = 0
        var rest = template.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                rest.removeFirst()
                result.unicodeScalars.append(scalar)
            case "{":
                let field = String(rest.prefix { $0 != "}" })
                rest = rest.dropFirst(field.unicodeScalars.count)
                guard rest.popFirst() != nil else {
                    throw JinjaFault.evaluation("`format` found `{` without `}`")
                }
                try interpreter.budget.spend(operations: 1 + arguments.keywords.count)
                let value = try value(of: field, arguments, &nextPosition)
                let text = try interpreter.text(of: value)
                try interpreter.budget.spend(textBytes: text.utf8.count)
                result += text
            case "}": throw JinjaFault.evaluation("`format` found `}` without `{`")
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func value(
        of field: String, _ arguments: JinjaArguments, _ nextPosition: inout Int
    ) throws -> JinjaValue {
        let isName = field.unicodeScalars.allSatisfy(\.properties.isXIDContinue)
        guard isName else {
            throw JinjaFault.evaluation("`format` supports `{}`, `{0}` and `{name}`, found `{\(field)}`")
        }
        if let argument = arguments.keywords.first(where: { $0.name == field }) { return argument.value }
        let position = field.isEmpty ? nextPosition : Int(field)
        if field.isEmpty { nextPosition += 1 }
        guard let position, arguments.positional.indices.contains(position) else {
            throw JinjaFault.evaluation("`format` has no argument for `{\(field)}`")
        }
        return arguments.positional[position]
    }
}
