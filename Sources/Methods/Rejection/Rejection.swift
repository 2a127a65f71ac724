// Rejection sampling (Touvron et al., "Llama 2: Open Foundation and Fine-Tuned Chat Models", 2023, section 3.2.3): the newest
// policy answers every prompt K times, a reward scores the answers, the best of each prompt are learned as demonstrations,
// and the next round begins with what was learned.
//   * The loss is that of fine-tuning: `SFT.Objective` on the kept answers.
//   * A prompt's best are chosen among its answers of all rounds, as from Llama 2's fourth version on; without `keepPast` among
//     those of the round alone, as before, which cost the third some of its skills.
//   * An answer that the token budget cut off is not learned unless it is asked for: an end would be learned where none was.
//   * RAFT (Dong et al., 2023) is this with `keepPast` off. ReST-EM (Singh et al., 2023) is a reward of 0 or 1,
//     `minimumScore` 1, `keep` 10 and `fromStart`.
import Models
import Rewards
import Settings
import Training

public enum Rejection: TrainingMethod {
    public static let name = "rejection"
    public static let title = "rejection sampling"
    public static let defaultLearningRate = SFT.defaultLearningRate
    public static let adapterLearningRate = SFT.adapterLearningRate
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "A step is a round. The score of single answers should rise from round to round towards that of the best of n: "
            + "what lies between the two is what selecting can still gain. Look at answers cut off and at length too, "
            + "and at a judge that did not choose.",
        shown: ["reward", "reward/best"],
        curves: [
            .init("Score by the reward", unit: "score", ["reward", "reward/best", "reward/kept"]),
            .init("Answers kept", unit: "answers", ["kept", "kept/past"]),
            .init("Answers cut off", unit: "share", ["completions/clipped_ratio"]),
            .init("Loss on kept answers", unit: "nats per token", ["loss"]),
        ])

    public struct Configuration: ConfigurationSection, Equatable {
        /// JSON Lines files with one prompt per row, all of which are answered in every round.
        public var prompts: [String] = []
        /// What chooses.
        public var rewards = PolicyRewards()
        public var rounds = 1
        public var sampler = SamplerConfiguration()
        /// How many answers to a prompt are learned, the best first; equal texts count once.
        public var keep = 1
        /// Answers of a lower score are not learned; nil: the best is, whatever its score.
        public var minimumScore: Double?
        /// Whether answers that the token budget cut off are learned too, as if they ended there.
        public var keepsCutOff = false
        /// Whether answers of all rounds so far are chosen from, rather than those of the round alone.
        public var keepsPast = true
        /// Whether every round trains the model of the very start, rather than what the last round has made of it.
        public var startsOver = false
        /// Temperatures that every round tries first; the one whose best answers score highest is used. Empty: `sampler` says.
        public var temperatures: [Double] = []
        /// Prompts, from the beginning, on which temperatures are tried.
        public var temperaturePrompts = 16
        /// How kept answers are learned.
        public var learning = SFT.Configuration()

        public init() { sampler.answersPerPrompt = 8 }

        public enum CodingKeys: String, CodingKey {
            case prompts, rounds, sampler, keep, temperatures
            /// A section, whose keys are at the same level as the others.
            case rewards = "rewards"
            case learning = "fine_tuning"
            case minimumScore = "min_score"
            case keepsCutOff = "keep_cut_off"
            case keepsPast = "keep_past"
            case startsOver = "from_start"
            case temperaturePrompts = "temperature_prompts"
        }

        public static let ranges: [String: SettingRange] = [
            "rounds": .count, "keep": .count, "min_score": .any, "temperatures": .above(0),
            "temperature_prompts": .count,
        ]

        public static let needs: [String: SettingNeed] = ["temperature_prompts": .beside("temperatures")]

        public func validate() throws {
            try InvalidSetting.check(
                sampler.answersPerPrompt >= 2, SamplerConfiguration.CodingKeys.answersPerPrompt,
                expected: "at least 2 answers to choose from", found: sampler.answersPerPrompt)
            try InvalidSetting.check(
                !sampler.parameters.isGreedy, SamplerConfiguration.CodingKeys.temperature,
                expected: "above 0 and not greedy, as answers would all be the same",
                found: sampler.isGreedy ? "greedy" : "0")
            try InvalidSetting.check(
                temperatures.isEmpty || sampler.temperature == SamplerConfiguration().temperature,
                SamplerConfiguration.CodingKeys.temperature, expected: "none beside temperatures to try",
                found: sampler.temperature)
        }
    }
}

// MARK: - The verb

extension Rejection {
    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        .data(configuration.prompts) + rewards.inputs(of: configuration.rewards.selection)
    }

    public static func missingData(_ settings: TrainingSettings<Rejection>) -> [InvalidSetting] {
        let method = settings.method
        return (method.prompts.isEmpty ? [.noFiles("prompts")] : [])
            + (method.rewards.selection.isEmpty
                ? [.missing("reward", "what chooses (--reward NAME, or --reward-model DIR)")] : [])
    }

    public static func resolve(_ settings: inout TrainingSettings<Rejection>) {
        var learning = supervised(settings)
        SFT.resolve(&learning)
        settings.adapters = learning.adapters
    }

    public static func train(_ settings: TrainingSettings<Rejection>, context: RunContext) throws
        -> TrainingResult
    {
        try RejectionRounds(settings, context: context).run()
    }

    /// How kept answers are learned.
    static func supervised(_ settings: TrainingSettings<Rejection>) -> TrainingSettings<SFT> {
        var learning = TrainingSettings(SFT.self)
        (learning.training, learning.adapters) = (settings.training, settings.adapters)
        (learning.method, learning.run) = (settings.method.learning, settings.run)
        return learning
    }
}
