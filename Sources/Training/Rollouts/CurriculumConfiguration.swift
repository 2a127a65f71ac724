import Settings

/// Which prompts are drawn more often: those whose answers are right now and then. Groups of answers that are all right or
/// all wrong teach nothing.
public struct CurriculumConfiguration: ConfigurationSection, Equatable {
    /// The lowest and the highest share of right answers of a prompt that is drawn more often; nil: prompts come in turn.
    public var band: [Double]?
    /// How much more often such a prompt is drawn, and one that was never answered, than another.
    public var factor = 5.0
    /// The score by the first reward from which an answer is right.
    public var passScore = 1.0

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case band = "curriculum"
        case factor = "curriculum_factor"
        case passScore = "pass_score"
    }

    public static let ranges: [String: SettingRange] = [
        "curriculum": .share, "curriculum_factor": .atLeast(1), "pass_score": .any,
    ]

    public static let needs: [String: SettingNeed] = [
        "curriculum_factor": .beside("curriculum"), "pass_score": .beside("curriculum", "refills"),
    ]

    public func validate() throws {
        guard let band else { return }
        try InvalidSetting.check(
            band.count == 2 && band[0] <= band[1], CodingKeys.band,
            expected: "the lowest and the highest share of right answers, such as 0.1 0.9", found: "\(band)")
    }
}
