// Generalised Jensen–Shannon divergence (Agarwal et al., "On-Policy Distillation of Language Models: Learning from
// Self-Generated Mistakes", 2024, section 2): with M = β·T + (1 − β)·S of teacher T and student S
//
//   D = β·KL(T ‖ M) + (1 − β)·KL(S ‖ M),  0 < β < 1
//
// β = 0 stands for KL(T ‖ S) and β = 1 for KL(S ‖ T), as in TRL: the limits of D itself are 0.
import Foundation
import Settings
import Torch

/// How far a student's distributions are from a teacher's. Written `forward`, `reverse`, `jsd:B`, or as β alone.
public struct Divergence: Equatable, Sendable {
    /// β, from 0 (forward KL) to 1 (reverse KL).
    public let beta: Double

    public static let forward = Divergence(beta: 0)
    public static let reverse = Divergence(beta: 1)

    public init(beta: Double) {
        precondition((0...1).contains(beta), "a β of \(beta), expected one from 0 to 1")
        self.beta = beta
    }

    /// Nats per row, [N], with gradients to `student`.
    ///
    /// - Parameters:
    ///   - student: log-probabilities of the same outcomes a row, [N, K].
    ///   - teacher: [N, K].
    public func callAsFunction(student: Tensor, teacher: Tensor) -> Tensor {
        if beta == 0 { return Self.kl(teacher, student) }
        if beta == 1 { return Self.kl(student, teacher) }
        let mixture = Self.logSum(teacher + log(beta), student + log(1 - beta))
        return Self.kl(teacher, mixture) * beta + Self.kl(student, mixture) * (1 - beta)
    }

    /// KL(p ‖ q) of log-probabilities [N, K] → [N].
    private static func kl(_ p: Tensor, _ q: Tensor) -> Tensor { (p.exp() * (p - q)).sum(along: -1) }

    /// log(exp a + exp b), element by element.
    private static func logSum(_ a: Tensor, _ b: Tensor) -> Tensor { a + (b - a).softplus() }
}

extension Divergence: CustomStringConvertible, DescribedSetting {
    public static var expectation: String { "forward, reverse, jsd:B with a B from 0 to 1, or B alone" }

    public var description: String {
        switch beta {
        case 0: "forward"
        case 1: "reverse"
        default: "jsd:\(beta)"
        }
    }

    /// Nil for any other text.
    public init?(_ text: String) {
        switch text {
        case "forward": self = .forward
        case "reverse": self = .reverse
        default:
            let number = text.hasPrefix("jsd:") ? text.dropFirst(4) : text[...]
            guard let beta = Double(number), (0...1).contains(beta) else { return nil }
            self.init(beta: beta)
        }
    }
}

extension Divergence: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try (try? container.decode(String.self)) ?? "\(container.decode(Double.self))"
        guard let divergence = Divergence(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected \(Self.expectation)")
        }
        self = divergence
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
