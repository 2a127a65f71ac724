import Models
import Rewards
import Settings

/// Settings of `heed evaluate`.
public struct EvaluateConfiguration: ConfigurationSection, Equatable {
    /// The arms, each `MODEL` or `NAME=MODEL`, with `@N` behind it for the best of N answers. The first, which is no such arm,
    /// is the one that the others are compared with; unless it is given another name it is called `start`.
    public var models: [String] = []
    /// Held-out prompts: JSON Lines files with one prompt per row.
    public var prompts: [String] = []
    /// Whether prompts in plain text, and judgments on which a reward model is measured, become messages, laid out by each
    /// model's chat template.
    public var chatPrompts = false
    /// The number of prompts, from the beginning of the files; nil: all of them.
    public var limit: Int?
    public var sampler = SamplerConfiguration()
    /// Rewards by name, `NAME[:key=value,…]`, whose sum decides.
    public var judge = ["warm"]
    /// One for each of them; nil: 1.
    public var judgeWeights: [Double]?
    /// Rewards whose sum was maximised, or stands in for what was: it chooses the best of several answers, and is held
    /// against the judge along the frontier.
    public var proxy: [String] = []
    /// Roads away from the first model, each a run folder, `RUN` or `NAME=RUN`, whose checkpoints are its stations, or
    /// `MODEL@N` for the best of 2 to N answers.
    public var frontier: [String] = []
    /// The share of the judge's choices that are flipped, as slips. Nil: its scores decide, without error, unless
    /// `judge` itself gives an `error` or a `temperature`.
    public var judgeError: Double?
    /// Whether a judge without a card that speaks for it is an error.
    public var requiresCard = false
    /// A store of judgments in which people vote on the answers, in place of the annotator.
    public var people: String?
    /// The project of the store; nil: one of its own for these arms and prompts.
    public var project: String?
    /// How many people vote on each pair of answers.
    public var overlap = 1
    /// Whether a report on part of the votes will do.
    public var isPartial = false
    /// The path of VADER's lexicon; nil: the catalogue's.
    public var lexicon: String?
    /// Held-out plain text: `.txt` files, or JSON Lines files with one `text` per row.
    public var perplexity: [String] = []
    /// A reward model whose scores of the answers are reported beside the judge's.
    public var rewardModel: String?
    /// Held-out judgments on which the reward model is measured. With them, a reward model can be measured on its own,
    /// without models and prompts.
    public var comparisons: [String] = []
    /// Run folders, each `RUN` or `NAME=RUN`, whose curves go into the report.
    public var trainingRuns: [String] = []

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case models, prompts, limit, sampler, judge, people, project, overlap, lexicon, perplexity,
            comparisons, proxy, frontier
        case chatPrompts = "chat_prompts"
        case isPartial = "partial"
        case judgeError = "judge_error"
        case judgeWeights = "reward_weights"
        case requiresCard = "require_card"
        case rewardModel = "reward_model"
        case trainingRuns = "training_runs"
    }

    public static let synonyms: [String: ConfigurationSynonym] = ["reward": .name("judge")]

    public var selection: RewardSelection {
        RewardSelection(judge, weights: judgeWeights, lexicon: lexicon)
    }

    public var proxySelection: RewardSelection { RewardSelection(proxy, lexicon: lexicon) }

    /// The rewards that are asked: people judge in the place of some.
    var usedSelections: [RewardSelection] { (people == nil ? [selection] : []) + [proxySelection] }

    public static let ranges: [String: SettingRange] = [
        "limit": .atLeast(1), "overlap": .count, "judge_error": .errorRate,
    ]

    public static let needs: [String: SettingNeed] = {
        let byProgram = SettingNeed.beside("prompts").and(.without("people"))
        let groups: [([String], SettingNeed)] = [
            (["prompts", "perplexity"], .beside("models")),
            (SamplerConfiguration.keys + ["limit", "lexicon"], .beside("prompts")),
            (["judge", "judge_error", "reward_weights", "require_card"], byProgram),
            (["project", "overlap", "partial"], .beside("people")),
        ]
        return Dictionary(uniqueKeysWithValues: groups.flatMap { keys, need in keys.map { ($0, need) } })
    }()

    public func validate() throws {
        try InvalidSetting.check(
            people == nil || models.count > 1, CodingKeys.people, expected: "at least two models to vote on",
            found: models.count)
        try InvalidSetting.check(
            comparisons.isEmpty || rewardModel != nil, CodingKeys.comparisons,
            expected: "a reward_model to measure on them", found: "none")
        let best = try namedArms(models).first { $0.best != nil }
        try InvalidSetting.check(
            !proxy.isEmpty || (best == nil && frontier.isEmpty), CodingKeys.proxy,
            expected:
                "the reward that \(best.map { "chooses for \($0.name)" } ?? "was maximised") (--proxy NAME)",
            found: "nothing")
        try InvalidSetting.check(
            frontier.isEmpty || (people == nil && !models.isEmpty), CodingKeys.frontier,
            expected: "a judge who scores answers, and models of which the first is where the roads start",
            found: people == nil ? "no models" : "people")
        try InvalidSetting.check(
            proxy.isEmpty || best != nil || !frontier.isEmpty, CodingKeys.proxy,
            expected: "a model@N or a frontier beside it", found: "neither")
        if best != nil, let first = try namedArms(models).first, first.best != nil {
            throw InvalidSetting(
                "models", expected: "a first model whose answers are taken as they come", found: first.name)
        }
    }

    /// Whether there is a reward model to be measured and nothing else.
    var isAboutRewardModelAlone: Bool { models.isEmpty && rewardModel != nil && !comparisons.isEmpty }

    /// The arms by their names.
    /// - Throws: `InvalidSetting` where there is no arm, or two have the same name.
    public func namedModels() throws -> [ArmArgument] {
        guard !models.isEmpty else {
            if rewardModel != nil, prompts.isEmpty {
                throw InvalidSetting(
                    "comparisons",
                    expected:
                        "held-out judgments to measure the reward model on (--comparisons FILE), or models whose answers "
                        + "it scores (--models A B … --prompts FILE)", found: "neither")
            }
            throw InvalidSetting("models", expected: "at least one model (--models A B …)", found: "nothing")
        }
        let arms = try namedArms(models)
        var names: Set<String> = []
        for arm in arms where !names.insert(arm.name).inserted {
            throw InvalidSetting(
                "models", expected: "a name of its own for each (NAME=MODEL)", found: "'\(arm.name)' twice")
        }
        return arms
    }

    /// Of all arms and of roads that are the best of several answers. What is wrong with them is said when they are found.
    public var modelPaths: [String] {
        let roads = ((try? namedRoads()) ?? []).filter { $0.best != nil }
        return (((try? namedArms(models)) ?? []) + roads).map(\.path)
    }

    private func namedArms(_ models: [String]) throws -> [ArmArgument] {
        try models.enumerated().map { index, text in
            try ArmArgument(text, key: "models", defaultName: index == 0 ? "start" : nil)
        }
    }

    /// The roads of the frontier by their names.
    /// - Throws: `InvalidSetting` where two have the same name.
    func namedRoads() throws -> [ArmArgument] {
        let roads = try frontier.map { try ArmArgument($0, key: "frontier") }
        var names: Set<String> = []
        for road in roads where !names.insert(road.name).inserted {
            throw InvalidSetting(
                "frontier", expected: "a name of its own for each (NAME=RUN)", found: "'\(road.name)' twice")
        }
        return roads
    }

    /// The run folders by their names, those of the frontier among them.
    public var namedRuns: [NamedPath] {
        let shown = trainingRuns.map { NamedPath($0) }
        let roads = ((try? namedRoads()) ?? []).filter { $0.best == nil }.map {
            NamedPath("\($0.name)=\($0.path)")
        }
        return shown + roads.filter { road in !shown.contains { $0.path == road.path } }
    }
}
