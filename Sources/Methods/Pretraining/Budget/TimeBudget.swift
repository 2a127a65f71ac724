import Foundation
import Settings

/// Time that a run may take, written as a number with its unit: `90s`, `20m`, `1.5h`.
public struct TimeBudget: Equatable, Sendable {
    public let seconds: Double

    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]

    /// Nil for what is no time, or none that anything could be done in.
    public init?(_ text: String) {
        guard let unit = text.last.flatMap({ Self.units[$0] }), let number = Double(text.dropLast()),
            number * unit >= 10, number * unit <= 1e7
        else { return nil }
        seconds = number * unit
        self.text = text
    }

    fileprivate let text: String
}

extension TimeBudget: CustomStringConvertible {
    public var description: String { text }
}

extension TimeBudget: DescribedSetting {
    public static var expectation: String { "a time such as 90s, 20m or 2h, of at least 10s" }
}

extension TimeBudget: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let budget = TimeBudget(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected \(Self.expectation)")
        }
        self = budget
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
