import Settings
import Statistics
import Training

/// The entropy of the policy's tokens as a part of what is maximised, with a weight that is fixed or that moves to keep the
/// entropy at a target (He et al., "Skywork Open Reasoner 1", 2025): up by `step` after an optimizer step whose entropy is
/// at the target or below, down after others, and in force only where the entropy was low last.
public struct EntropyBonus: ConfigurationSection, Equatable {
    /// The weight of the mean entropy of a token; where it is adaptive, the first one.
    public var coefficient = 0.0
    public var isAdaptive = false
    /// Nats a token, over the tokens that carry a policy gradient.
    public var target = 0.2
    public var minimum = 0.0
    public var maximum = 1.0
    public var step = 0.005

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case coefficient = "entropy_coefficient"
        case isAdaptive = "adaptive_entropy"
        case target = "entropy_target"
        case minimum = "entropy_coefficient_min"
        case maximum = "entropy_coefficient_max"
        case step = "entropy_coefficient_step"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "entropy_coef": .name("entropy_coefficient"), "use_adaptive_entropy": .name("adaptive_entropy"),
        "entropy_coef_min": .name("entropy_coefficient_min"),
        "entropy_coef_max": .name("entropy_coefficient_max"),
        "entropy_coef_delta": .name("entropy_coefficient_step"),
    ]

    public static let ranges: [String: SettingRange] = [
        "entropy_coefficient": .atLeast(0), "entropy_target": .atLeast(0),
        "entropy_coefficient_min": .atLeast(0), "entropy_coefficient_max": .atLeast(0),
        "entropy_coefficient_step": .above(0),
    ]

    public static let needs: [String: SettingNeed] = [
        "entropy_target": .beside("adaptive_entropy"), "entropy_coefficient_min": .beside("adaptive_entropy"),
        "entropy_coefficient_max": .beside("adaptive_entropy"),
        "entropy_coefficient_step": .beside("adaptive_entropy"),
    ]

    public func validate() throws {
        try InvalidSetting.check(
            !isAdaptive || minimum <= coefficient && coefficient <= maximum, CodingKeys.coefficient,
            expected: "from \(minimum) to \(maximum), between which it moves", found: coefficient)
    }

    var isOn: Bool { isAdaptive || coefficient != 0 }
}

/// The weight of the entropy from step to step.
struct EntropyControl {
    private let bonus: EntropyBonus
    private(set) var coefficient: Double
    /// Whether the last step's entropy was at the target or below.
    private var isLow = false

    init(_ bonus: EntropyBonus) {
        self.bonus = bonus
        coefficient = bonus.coefficient
    }

    /// What the entropy of the next step is multiplied by.
    var weight: Double { !bonus.isAdaptive || isLow ? coefficient : 0 }

    /// Reacts to the mean entropy of a step's tokens.
    mutating func update(entropy: Double) {
        guard bonus.isAdaptive else { return }
        isLow = entropy <= bonus.target
        let moved = coefficient + (isLow ? bonus.step : -bonus.step)
        coefficient = min(max(moved, bonus.minimum), bonus.maximum)
    }

    /// Numbers that a checkpoint keeps.
    var state: [String: Double] {
        get {
            bonus.isAdaptive
                ? ["entropy_coefficient": coefficient, "entropy_is_low": isLow ? 1 : 0] : [:]
        }
        set {
            coefficient = newValue["entropy_coefficient"] ?? coefficient
            isLow = newValue["entropy_is_low"] == 1
        }
    }
}
