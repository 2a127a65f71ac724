import Foundation
import JSON

/// The functions that every template can call.
enum JinjaGlobals {
    static let functions: [String: JinjaFunction] = [
        "range": JinjaFunction(
            JinjaSignature(required: ["start"], optional: ["stop", "step"]), price: .nothing
        ) { call in
            try range(call)
        },
        "namespace": JinjaFunction(
            JinjaSignature(optional: ["mapping"], takesMoreKeywords: true), price: .nothing
        ) { call in
            call.interpreter.makeNamespace(try entries(call))
        },
        "dict": JinjaFunction(
            JinjaSignature(optional: ["mapping"], takesMoreKeywords: true), price: .nothing
        ) { call in
            .mapping(try JinjaMapping(entries(call)))
        },
        "raise_exception": JinjaFunction(JinjaSignature(required: ["message"]), price: .nothing) { call in
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
        case .mapping(let mapping):
            try call.budget.spend(operations: mapping.entries.count)
            entries = mapping.entries
        case let other?: throw JinjaFault.evaluation("expected a mapping, found \(other.typeName)")
        }
        for (name, value) in call.more.keywords { entries[name] = value }
        return entries
    }

    /// The system's `strftime`, which is what Python calls, but for what Python fills in itself: microseconds,
    /// and nothing for the zone of a time that has none.
    private static func formattedTime(_ date: Date, format: String) throws -> String {
        let seconds = date.timeIntervalSince1970.rounded(.down)
        let microseconds = Int((date.timeIntervalSince1970 - seconds) * 1_000_000)
        let format = withoutZone(format, microseconds: String(format: "%06d", microseconds))
        guard !format.isEmpty, !format.utf8.contains(0) else { return "" }
        var time = time_t(seconds)
        var fields = tm()
        localtime_r(&time, &fields)
        var buffer = [CChar](repeating: 0, count: 1024)
        let length = strftime(&buffer, buffer.count, format, &fields)
        guard length > 0 else {
            throw JinjaFault.evaluation("the time format is not valid or gives more than 1023 bytes")
        }
        return String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func withoutZone(_ format: String, microseconds: String) -> String {
        var result = ""
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%", let directive = rest.popFirst() else {
                result.unicodeScalars.append(scalar)
                continue
            }
            switch directive {
            case "z", "Z": break
            case ":" where rest.first == "z": rest.removeFirst()
            case "f": result += microseconds
            default: result += "%\(directive)"
            }
        }
        return result
    }
}
