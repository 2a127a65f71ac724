/// What can follow `is`, and be named in `select` and its relatives.
enum JinjaTests {
    static let all: [String: JinjaFunction] = types.merging(comparisons) { $1 }

    private static let types: [String: JinjaFunction] = [
        "defined": test { !$0.isUndefined },
        "undefined": test { $0.isUndefined },
        "none": test { if case .null = $0 { true } else { false } },
        "boolean": test { if case .boolean = $0 { true } else { false } },
        "true": test { if case .boolean(true) = $0 { true } else { false } },
        "false": test { if case .boolean(false) = $0 { true } else { false } },
        "integer": test(isInteger),
        "float": test { if case .float = $0 { true } else { false } },
        "number": test { isInteger($0) || $0.asDouble != nil },
        "string": test { if case .string = $0 { true } else { false } },
        "mapping": test { if case .mapping = $0 { true } else { false } },
        "sequence": test(isSequence),
        "iterable": test(isIterable),
        "callable": test(isCallable),
    ]

    private static func test(_ holds: @escaping @Sendable (JinjaValue) -> Bool) -> JinjaFunction {
        JinjaFunction(price: .nothing) { call in .boolean(holds(call.value)) }
    }

    @Sendable private static func isInteger(_ value: JinjaValue) -> Bool {
        switch value {
        case .integer, .largeInteger: true
        default: false
        }
    }

    @Sendable private static func isSequence(_ value: JinjaValue) -> Bool {
        switch value {
        case .undefined, .string, .mapping: true
        case .sequence(let sequence): sequence.isIndexed
        default: false
        }
    }

    @Sendable private static func isIterable(_ value: JinjaValue) -> Bool {
        switch value {
        case .undefined, .string, .mapping, .sequence, .iterator: true
        default: false
        }
    }

    @Sendable private static func isCallable(_ value: JinjaValue) -> Bool {
        switch value {
        case .macro, .method, .function: true
        default: false
        }
    }

    private static let comparisons: [String: JinjaFunction] = [
        "eq": comparison(.equal), "equalto": comparison(.equal), "==": comparison(.equal),
        "ne": comparison(.notEqual), "!=": comparison(.notEqual),
        "lt": comparison(.less), "lessthan": comparison(.less), "<": comparison(.less),
        "le": comparison(.lessOrEqual), "<=": comparison(.lessOrEqual),
        "gt": comparison(.greater), "greaterthan": comparison(.greater), ">": comparison(.greater),
        "ge": comparison(.greaterOrEqual), ">=": comparison(.greaterOrEqual),
        "in": comparison(.contained),
        "odd": JinjaFunction(price: .nothing) { call in
            .boolean(try remainder(of: call, by: .integer(2)) == 1)
        },
        "even": JinjaFunction(price: .nothing) { call in
            .boolean(try remainder(of: call, by: .integer(2)) == 0)
        },
        "divisibleby": JinjaFunction(JinjaSignature(required: ["num"]), price: .nothing) { call in
            .boolean(try remainder(of: call, by: call[0] ?? .null) == 0)
        },
        "lower": JinjaFunction { call in
            .boolean(PythonText.hasOnlyCase(try call.text()) { $0.properties.isLowercase })
        },
        "upper": JinjaFunction { call in
            .boolean(PythonText.hasOnlyCase(try call.text()) { $0.properties.isUppercase })
        },
    ]

    private static func comparison(_ operation: JinjaComparison) -> JinjaFunction {
        JinjaFunction(JinjaSignature(required: ["other"]), price: .nothing) { call in
            .boolean(try call.interpreter.compare(call.value, operation, call[0] ?? .null))
        }
    }

    private static func remainder(of call: JinjaCall, by divisor: JinjaValue) throws -> Double? {
        try call.interpreter.apply(.modulo, call.value, divisor).asDouble
    }
}
