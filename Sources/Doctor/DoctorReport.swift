import Errors
import Foundation

/// What the doctor found.
public struct DoctorReport: Sendable {
    public enum Outcome: Sendable {
        case holds(Deviation)
        /// With what goes wrong because of it, and what to do.
        case broken(Deviation, String)
        /// It could not even be measured, because of this error.
        case unmeasurable(String)
        /// This model has no such thing.
        case skipped(String)

        public var isBroken: Bool {
            switch self {
            case .broken, .unmeasurable: true
            case .holds, .skipped: false
            }
        }
    }

    public struct Finding: Sendable {
        public let name: String
        public let outcome: Outcome
        public let seconds: Double
    }

    public let model: String
    public let precision: String
    public let device: String
    /// Which of Heed's kernels ran, as `HEED_CPU` spells them; nil where a GPU computed.
    public let instructions: String?
    public let findings: [Finding]
    public let seconds: Double

    /// Nil where nothing is broken.
    public var failure: InvariantsBroken? {
        let broken = findings.filter(\.outcome.isBroken).map(\.name)
        return broken.isEmpty ? nil : InvariantsBroken(names: broken, count: findings.count)
    }
}

/// A model of which not all holds that must hold.
public struct InvariantsBroken: CategorizedError, Equatable, CustomStringConvertible {
    public let names: [String]
    /// Of all invariants.
    public let count: Int

    public var category: ErrorCategory { .unhealthy }

    public var description: String {
        "\(names.count) of \(count) invariants \(names.count == 1 ? "does" : "do") not hold: "
            + names.joined(separator: "; ")
    }
}

// MARK: For people

extension DoctorReport {
    public var lines: [String] {
        let width = findings.map(\.name.count).max() ?? 0
        let held = findings.count { if case .holds = $0.outcome { true } else { false } }
        let place = device + (instructions.map { " (\($0))" } ?? "")
        let end = "\(held) of \(findings.count) invariants hold for \(model) in \(precision) on \(place)"
        return findings.flatMap { $0.lines(width: width) } + [end + String(format: ", %.1f s", seconds)]
    }
}

extension DoctorReport.Finding {
    fileprivate func lines(width: Int) -> [String] {
        let name = name.padding(toLength: width, withPad: " ", startingAt: 0)
        let time = String(format: "%.1f s", seconds)
        switch outcome {
        case .holds(let deviation):
            return ["✓ \(name)  \(deviation), \(time)"]
                + [deviation.note].compactMap { $0.map { "    \($0)" } }
        case .broken(let deviation, let advice): return ["✗ \(name)  \(deviation), \(time)", "    \(advice)"]
        case .unmeasurable(let error): return ["✗ \(name)  could not be measured, \(time)", "    \(error)"]
        case .skipped(let reason): return ["– \(name)  skipped: \(reason)"]
        }
    }
}

extension Deviation: CustomStringConvertible {
    /// `3.1e-06 nats a token (at most 0.0001)`; of what none may be, the number alone.
    public var description: String {
        limit == 0
            ? String(format: "%g \(unit)", value)
            : String(format: "%.2g \(unit) (at most %g)", value, limit)
    }
}

// MARK: For programs

extension DoctorReport: Encodable {
    private enum CodingKeys: String, CodingKey {
        case model, precision, device, instructions, healthy, findings, seconds
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(model, forKey: .model)
        try container.encode(precision, forKey: .precision)
        try container.encode(device, forKey: .device)
        try container.encodeIfPresent(instructions, forKey: .instructions)
        try container.encode(failure == nil, forKey: .healthy)
        try container.encode(findings, forKey: .findings)
        try container.encode(seconds, forKey: .seconds)
    }
}

extension DoctorReport.Finding: Encodable {
    private enum CodingKeys: String, CodingKey {
        case name, status, deviation, unit, limit, note, seconds
    }

    /// `status` is `holds`, `broken` or `skipped`; a deviation that is no finite number is null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(seconds, forKey: .seconds)
        func encode(_ status: String, _ deviation: Deviation?, note: String?) throws {
            try container.encode(status, forKey: .status)
            try container.encode(deviation.flatMap { $0.value.isFinite ? $0.value : nil }, forKey: .deviation)
            try container.encode(deviation?.unit, forKey: .unit)
            try container.encode(deviation?.limit, forKey: .limit)
            try container.encode(note, forKey: .note)
        }
        switch outcome {
        case .holds(let deviation): try encode("holds", deviation, note: deviation.note)
        case .broken(let deviation, let advice): try encode("broken", deviation, note: advice)
        case .unmeasurable(let error): try encode("broken", nil, note: error)
        case .skipped(let reason): try encode("skipped", nil, note: reason)
        }
    }
}
