import LanguageModels

/// How far two ways to the same number may be apart by rounding alone, by precision; docs/doctor.md argues each.
public struct Tolerance: Equatable, Sendable {
    /// Of log-probabilities, root mean square, in nats a token.
    public let logProbability: Double
    /// Of two distributions over the vocabulary: the share of draws that come out differently.
    public let draws: Double
    /// Of two gradients, as a share of their size.
    public let gradient: Double

    public init(_ precision: Precision) {
        switch precision {
        case .fp32: (logProbability, draws, gradient) = (1e-4, 1e-4, 1e-4)
        case .bf16: (logProbability, draws, gradient) = (0.1, 0.1, 0.05)
        case .int8: (logProbability, draws, gradient) = (0.4, 0.4, 0)
        }
    }
}
