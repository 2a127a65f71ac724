import Foundation
import JSON

/// The functions that every template can call.
enum JinjaGlobals {
    static let functions: [String: JinjaFunction] = [
        "range": JinjaFunction(
            JinjaSignature(required: ["start"], optional: ["stop", "step"])
        ) { call in
            try range(call)
        },
        "namespace": JinjaFunction(
            JinjaSignature(optional: ["mapping"], takesMoreKeywords: true)
        ) { call in
            call.interpreter.makeNamespace(try entries(call))
        },
        "dict": JinjaFunction(
            JinjaSignature(optional: ["mapping"], takesMoreKeywords: true)
        ) { call in
            .mapping(try JinjaMapping(entries(call)))
        },
        "raise_exception": JinjaFunction(JinjaSignature(required: ["message"])) { call in
            throw JinjaFault.raised(try call.interpreter.text(of: call[0] ?? .null))
        },
        "strftime_now": JinjaFunction(JinjaSignature(required: ["format"])) { call in
            .string(try formattedTime(call.interpreter.date, format: call.requiredString(0)))
        },
    ]

    /// The sandbox of Jinja has the same bound.
    private static let maximumRange = 100_000

    private static func range(_ call: JinjaCall) throws -> JinjaValue {
        let first = try call.integer(0) ?? 0
        let second = try call.integer(1)
        let step = try call.integer(2) ?? 1
        let (lower, upper) = second.map { (first, $0) } ?? (0, first)
        guard step != 0 else { throw JinjaFault.evaluation("the step of `range` cannot be 0") }
        let (span, overflows) = upper.subtractingReportingOverflow(lower)
        let isEmpty = (lower < upper) != (step > 0) || lower == upper
        guard isEmpty || (!overflows && (span.magnitude - 1) / step.magnitude < maximumRange) else {
            throw JinjaFault.limit("\(maximumRange) numbers in one `range`")
        }
        let numbers = stride(from: lower, to: upper, by: step).map(JinjaValue.integer)
        try call.interpreter.budget.spend(operations: numbers.count)
        return .sequence(try JinjaSequence(.range(lower: lower, upper: upper, step: step), numbers))
    }

    private static func entries(_ call: JinjaCall) throws -> OrderedMapping<JinjaValue> {
        var entries: OrderedMapping<JinjaValue> = [:]
        switch call[0] {
        case nil: break
        case .mapping(let mapping): entries = mapping.entries
        case let other?: throw JinjaFault.evaluation("expected a mapping, found \(other.typeName)")
        }
        for (name, value) in call.more.keywords { entries[name] = value }
        return entries
    }

    /// The system's `strftime`, which is what Python calls.
    private static func formattedTime(_ date: Date, format: String) throws -> String {
        guard !format.isEmpty, !format.utf8.contains(0) else { return "" }
        var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
        var fields = tm()
        localtime_r(&seconds, &fields)
        var buffer = [CChar](repeating: 0, count: 1024)
        let length = strftime(&buffer, buffer.count, format, &fields)
        guard length > 0 else {
            throw JinjaFault.evaluation("the time format is not valid or gives more than 1023 bytes")
        }
        return String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
