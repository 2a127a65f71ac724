import Datasets
import Settings

/// Whether short documents share a sequence. Only for methods that learn every row for itself: comparisons and sampled
/// responses are never packed.
public struct PackingConfiguration: ConfigurationSection, Equatable {
    public enum Strategy: String, Codable, Sendable, CaseIterable {
        /// Longest first into the fullest sequence that still has room; each document attends to itself alone.
        case bestFitDecreasing = "bfd"
        /// All tokens in one row, cut every `max_length`; attention crosses document boundaries.
        case wrapped
    }

    public var isOn = false
    public var strategy = Strategy.bestFitDecreasing

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case isOn = "packing"
        case strategy = "packing_strategy"
    }

    public static let needs: [String: SettingNeed] = ["packing_strategy": .beside("packing")]

    /// Documents as rows of a batch, several to a row.
    /// - Parameter length: of a row, in tokens.
    func rows(of documents: [TokenizedSequence], length: Int) -> [PackedSequence] {
        switch strategy {
        case .bestFitDecreasing: Packing.bestFitDecreasing(documents, length: length)
        case .wrapped: Packing.wrapped(documents, length: length)
        }
    }
}
