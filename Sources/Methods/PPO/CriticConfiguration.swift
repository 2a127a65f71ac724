import Settings

/// The critic: what predicts the score still to come before every token.
public struct CriticConfiguration: ConfigurationSection, Equatable {
    /// What it is made of.
    public enum Origin: Equatable, Sendable, CustomStringConvertible {
        /// A scalar on the policy's own hidden states.
        case head
        /// A network of its own that begins as the policy, with a head that says 0.
        case policy
        /// One that begins as the run's reward model, head included (Huang et al. 2024).
        case rewardModel
        /// One that begins as this reward model, language model or critic of a former run.
        case model(String)

        init(_ text: String) {
            switch text {
            case "head": self = .head
            case "policy": self = .policy
            case "reward-model": self = .rewardModel
            default: self = .model(text)
            }
        }

        public var description: String {
            switch self {
            case .head: "head"
            case .policy: "policy"
            case .rewardModel: "reward-model"
            case .model(let path): path
            }
        }
    }

    public var origin = Origin.head
    /// Of a critic with an optimizer of its own; nil: the policy's.
    public var learningRate: Double?
    /// Steps at the start in which only the critic learns.
    public var warmup = 0

    public init() {}

    /// Whether it has weights beside the policy's.
    var isNetwork: Bool { origin != .head }
    /// Whether an optimizer of its own takes its steps: a head learns in the policy's unless something is asked of it.
    var learnsApart: Bool { isNetwork || learningRate != nil || warmup > 0 }
    /// The argument of a model that it begins as.
    var model: String? { if case .model(let path) = origin { path } else { nil } }

    public enum CodingKeys: String, CodingKey {
        case origin = "critic"
        case learningRate = "critic_learning_rate"
        case warmup = "critic_warmup"
    }

    public static let ranges: [String: SettingRange] = [
        "critic_learning_rate": .atLeast(0), "critic_warmup": .atLeast(0),
    ]

    mutating func resolve(learningRate policy: Double?) {
        if learnsApart { learningRate = learningRate ?? policy }
    }
}

extension CriticConfiguration.Origin: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
