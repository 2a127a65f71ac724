import Settings
import TorchNN

/// What makes new weights of gradients: AdamW, whose settings all training shares, or Muon on the matrices of the layers and
/// AdamW on all else.
public struct OptimizerConfiguration: ConfigurationSection, Equatable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case adamW = "adamw"
        case muon
    }

    public enum Precision: String, Codable, Sendable, CaseIterable {
        /// Rounded after every formula, as torch does.
        case bf16
        case fp32
    }

    /// Nil: Muon where anything is said of it, or else what the method prefers.
    public var kind: Kind?
    /// The peak of Muon's own learning rate, which follows the same schedule.
    public var learningRate: Double?
    public var weightDecay: Double?
    public var momentum: Double?
    public var usesNesterov: Bool?
    /// How steps of matrices of different shapes are made comparable.
    public var adjustment: Muon.Adjustment?
    public var iterations: Int?
    public var coefficients: [Double]?
    public var epsilon: Double?
    /// What the Newton–Schulz iterations are rounded to.
    public var precision: Precision?

    public init() {}

    public enum CodingKeys: String, CodingKey, CaseIterable {
        case kind = "optimizer"
        case learningRate = "muon_learning_rate"
        case weightDecay = "muon_weight_decay"
        case momentum = "muon_momentum"
        case usesNesterov = "muon_nesterov"
        case adjustment = "muon_adjust_lr"
        case iterations = "muon_ns_steps"
        case coefficients = "muon_ns_coefficients"
        case epsilon = "muon_epsilon"
        case precision = "muon_precision"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "optim": .name("optimizer", values: ["adamw_torch": "adamw", "adamw_torch_fused": "adamw"]),
        // The arguments of `torch.optim.Muon`.
        "muon": .members([
            "lr": "muon_learning_rate", "weight_decay": "muon_weight_decay", "momentum": "muon_momentum",
            "nesterov": "muon_nesterov", "adjust_lr_fn": "muon_adjust_lr", "ns_steps": "muon_ns_steps",
            "ns_coefficients": "muon_ns_coefficients", "eps": "muon_epsilon",
        ]),
    ]

    public static let ranges: [String: SettingRange] = [
        "muon_learning_rate": .atLeast(0), "muon_weight_decay": .atLeast(0), "muon_momentum": .within(0..<1),
        "muon_ns_steps": .within(1...99), "muon_epsilon": .atLeast(0),
    ]

    public func validate() throws {
        try InvalidSetting.check(
            coefficients.map { $0.count == 3 } ?? true, CodingKeys.coefficients, expected: "three numbers",
            found: "\(coefficients?.count ?? 0)")
        guard kind == .adamW, let key = firstSetting else { return }
        throw InvalidSetting(
            key.stringValue, expected: "optimizer muon beside it", found: Kind.adamW.rawValue)
    }

    /// Says what is used.
    /// - Parameter preferred: where nothing else is said.
    public mutating func resolve(preferring preferred: Kind) {
        kind = kind ?? (firstSetting == nil ? preferred : .muon)
        guard let muon else { return }
        (learningRate, weightDecay) = (muon.learningRate, muon.weightDecay)
        (momentum, usesNesterov) = (muon.momentum, muon.usesNesterov)
        (adjustment, iterations) = (muon.adjustment, muon.iterations)
        (coefficients, epsilon) = (muon.coefficients, muon.epsilon)
        precision = muon.roundsToBFloat16 ? .bf16 : .fp32
    }

    /// Muon by these settings; nil for AdamW alone.
    public var muon: Muon.Configuration? {
        guard kind == .muon else { return nil }
        var muon = Muon.Configuration()
        muon.learningRate = learningRate ?? muon.learningRate
        muon.weightDecay = weightDecay ?? muon.weightDecay
        muon.momentum = momentum ?? muon.momentum
        muon.usesNesterov = usesNesterov ?? muon.usesNesterov
        muon.adjustment = adjustment ?? muon.adjustment
        muon.iterations = iterations ?? muon.iterations
        muon.coefficients = coefficients ?? muon.coefficients
        muon.epsilon = epsilon ?? muon.epsilon
        muon.roundsToBFloat16 = precision != .fp32
        return muon
    }

    /// The first setting of Muon that is made.
    private var firstSetting: CodingKeys? {
        let settings: [(CodingKeys, Any?)] = [
            (.learningRate, learningRate), (.weightDecay, weightDecay), (.momentum, momentum),
            (.usesNesterov, usesNesterov), (.adjustment, adjustment), (.iterations, iterations),
            (.coefficients, coefficients), (.epsilon, epsilon), (.precision, precision),
        ]
        return settings.first { $0.1 != nil }?.0
    }
}
