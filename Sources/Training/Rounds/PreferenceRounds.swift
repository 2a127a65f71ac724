// Online preference optimisation in rounds (Guo et al., "Direct Language Model Alignment from Online AI Feedback", 2024;
// Xu et al., "Some things are more CRINGE than others: Iterative Preference Optimization", 2023): the policy answers the
// prompts, a judge compares its answers, the policy learns from the comparisons, and the next round begins with it.
//
// The reference stays the policy of the very start, as in Guo et al.; the authors of iterated DPO take the last round's.
import Models
import Rewards
import Settings

/// Settings of learning from the policy's own answers.
public struct PreferenceRounds: ConfigurationSection, Equatable {
    /// JSON Lines files with one prompt per row, all of which are answered in every round; empty: the comparisons are given.
    public var prompts: [String] = []
    /// Rewards by name, `NAME[:key=value,…]`, whose sum decides, or `people`.
    public var judge = ["warm"]
    /// One for each reward; nil: 1.
    public var weights: [Double]?
    /// The store in which people judge; nil: they write a file of comparisons.
    public var store: String?
    /// The share of the judge's choices that are flipped, as slips.
    public var judgeError = 0.0
    /// Which answers to one prompt are compared.
    public var pairs = PairSelection.all
    public var rounds = 1
    public var sampler = SamplerConfiguration()

    /// The judge that is not a program: people write the comparisons.
    public static let people = "people"

    public init() { sampler.answersPerPrompt = 4 }

    /// What the settings name that is read besides the policy.
    public func inputs(_ rewards: RewardCatalogue) -> [SettingInput] {
        guard isOn else { return [] }
        return .data(prompts) + (peopleJudge ? [] : rewards.inputs(of: selection))
    }

    /// The rewards that judge, where people do not.
    public var selection: RewardSelection { RewardSelection(judge, weights: weights) }

    package var peopleJudge: Bool { judge == [Self.people] }

    /// Whether the policy writes the answers.
    public var isOn: Bool { !prompts.isEmpty }

    public enum CodingKeys: String, CodingKey {
        case prompts, judge, store, pairs, rounds, sampler
        case weights = "reward_weights"
        case judgeError = "judge_error"

        /// Those of rounds alone, but for the prompts.
        fileprivate static let own = [Self.judge, .store, .pairs, .rounds, .weights, .judgeError].map(
            \.rawValue)
    }

    public static let synonyms: [String: ConfigurationSynonym] = ["reward": .name("judge")]

    public static let ranges: [String: SettingRange] = ["rounds": .count, "judge_error": .errorRate]

    /// Without prompts, comparisons are given, and nothing is sampled or judged.
    public static let needs: [String: SettingNeed] = Dictionary(
        uniqueKeysWithValues: (SamplerConfiguration.keys + CodingKeys.own).map {
            ($0, SettingNeed.beside("prompts"))
        })

    public func validate() throws {
        if peopleJudge { try refuseBesidePeople() }
        try InvalidSetting.check(
            store == nil || peopleJudge, CodingKeys.store, expected: "none unless people judge",
            found: "the judge \(judge.joined(separator: ", "))")
        try InvalidSetting.check(
            !judge.isEmpty && (peopleJudge || !judge.contains(Self.people)), CodingKeys.judge,
            expected: "rewards, or people alone", found: judge.joined(separator: ", "))
        try InvalidSetting.check(
            !isOn || sampler.answersPerPrompt >= 2, SamplerConfiguration.CodingKeys.answersPerPrompt,
            expected: "at least 2 answers to compare", found: sampler.answersPerPrompt)
    }

    /// What says how rewards judge.
    private func refuseBesidePeople() throws {
        try InvalidSetting.check(
            weights == nil, CodingKeys.weights, expected: "none where people judge", found: "\(weights ?? [])"
        )
        try InvalidSetting.check(
            judgeError == 0, CodingKeys.judgeError,
            expected: "none where people judge, whose slips are their own",
            found: judgeError)
        try InvalidSetting.check(
            pairs == .all, CodingKeys.pairs, expected: "all where people judge, who are shown every pair",
            found: pairs.rawValue)
    }
}
