// Online preference optimisation in rounds (Guo et al., "Direct Language Model Alignment from Online AI Feedback", 2024;
// Xu et al., "Some things are more CRINGE than others: Iterative Preference Optimization", 2023): the policy answers the
// prompts, a judge compares its answers, the policy learns from the comparisons, and the next round begins with it.
//
// The reference stays the policy of the very start, as in Guo et al.; the authors of iterated DPO take the last round's.

/// Settings of learning from the policy's own answers.
public struct PreferenceRounds: ConfigurationSection, Equatable {
    /// JSON Lines files with a prompt a row, all of which are answered in every round; empty: the comparisons are given.
    public var prompts: [String] = []
    /// The annotator, `NAME[:key=value,…]`, or `people`.
    public var judge = "warm"
    /// The store in which people judge; nil: they write a file of comparisons.
    public var store: String?
    /// The share of the judge's choices that are turned around, as slips.
    public var judgeError = 0.0
    /// Which answers to one prompt are compared.
    public var pairs = PairSelection.all
    public var rounds = 1
    public var sampler = SamplerConfiguration()

    /// The judge that is nobody's program: somebody writes the comparisons.
    public static let people = "people"

    public init() { sampler.answersPerPrompt = 4 }

    /// Whether the policy writes the answers.
    public var isOn: Bool { !prompts.isEmpty }

    public enum CodingKeys: String, CodingKey {
        case prompts, judge, store, pairs, rounds, sampler
        case judgeError = "judge_error"
    }

    public func validate() throws {
        try InvalidSetting.check(rounds >= 1, CodingKeys.rounds, expected: "at least 1", found: rounds)
        try InvalidSetting.check(
            store == nil || judge == Self.people, CodingKeys.store, expected: "none unless people judge",
            found: "the judge \(judge)")
        try InvalidSetting.check(
            (0..<0.5).contains(judgeError), CodingKeys.judgeError, expected: "from 0 to below 0.5",
            found: judgeError)
        try InvalidSetting.check(
            !isOn || sampler.answersPerPrompt >= 2, SamplerConfiguration.CodingKeys.answersPerPrompt,
            expected: "at least 2 answers to compare", found: sampler.answersPerPrompt)
    }
}
