import Datasets
import Foundation
import Rewards
import Runs
import Settings

/// Settings of `heed annotate`.
public struct AnnotateConfiguration: ConfigurationSection, Equatable {
    /// What is written about the responses.
    public enum Judgment: String, Codable, Sendable, CaseIterable {
        /// Which of two is the better one.
        case comparisons
        /// The rewards' score of each.
        case ratings
    }

    /// Rows with a prompt and responses to it, as `heed sample` writes them.
    public var responses: [String] = []
    /// Rewards by name, `NAME[:key=value,…]`, whose sum decides.
    public var annotators = ["warm"]
    /// One for each of them; nil: 1.
    public var weights: [Double]?
    /// The share of comparisons that are flipped, as slips; the option `error` of a reward takes precedence.
    public var noise = 0.05
    public var judgment = Judgment.comparisons
    /// Which responses to one prompt are compared.
    public var pairs = PairSelection.all
    /// The path of VADER's lexicon; nil: the catalogue's.
    public var lexicon: String?

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case responses, noise, pairs, lexicon
        case annotators = "annotator"
        case weights = "reward_weights"
        case judgment = "as"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "prompts": .name("responses"), "reward": .name("annotator"),
    ]

    public var selection: RewardSelection {
        RewardSelection(annotators, weights: weights, lexicon: lexicon)
    }

    public static let ranges: [String: SettingRange] = ["noise": .errorRate]

    public func validate() throws {
        guard judgment == .ratings else { return }
        try InvalidSetting.check(
            pairs == Self().pairs, CodingKeys.pairs,
            expected: "nothing beside ratings, which compare no answers",
            found: pairs.rawValue)
        try InvalidSetting.check(
            noise == Self().noise || noise == 0, CodingKeys.noise,
            expected: "0 beside ratings, in which nothing is chosen that could be flipped", found: noise)
    }
}

/// `heed annotate`: from responses to judgments by a program that stands in for people.
public enum Annotation {
    /// Writes the judgments to the file that `context.run.output` names, which appears whole at the end.
    public static func run(
        _ configuration: AnnotateConfiguration, context: RunContext
    ) throws -> AnnotationResult {
        let file = try context.outputFile()
        try context.rewards.checkLexicon(of: [configuration.selection])
        let judge = try context.rewards.judge(
            configuration.selection, errorRate: configuration.judgment == .ratings ? 0 : configuration.noise,
            seed: context.seeds.derived("judge").value, on: context.computation)
        context.progress.note("No person judges these answers. \(judge.description)")

        let rows = try JSONLines(configuration.responses, setting: "responses").load(ResponsesRow.self)
        if configuration.judgment == .comparisons, rows.allSatisfy({ $0.row.responses.count < 2 }) {
            throw DataError(
                file: configuration.responses.joined(separator: ", "),
                expected: "two or more answers to a prompt, to be compared",
                found: "one to each of \(rows.count) prompts",
                remedy: "sample with --n 2 or more, or give ratings (--as ratings)")
        }
        let plan = AnnotationPlan(judge: judge, pairs: configuration.pairs)
        let writer = try JSONLinesWriter(file)
        var result = AnnotationResult(output: file.path, annotator: judge.reward.name, rows: rows.count)
        switch configuration.judgment {
        case .comparisons:
            let comparisons = try plan.comparisons(of: rows)
            for row in comparisons.rows { try writer.append(row) }
            result.judgments = comparisons.rows.count
            result.identicalPairs = comparisons.identicalPairs
            result.tiedPairs = comparisons.tiedPairs
        case .ratings:
            let ratings = try plan.ratings(of: rows)
            for row in ratings { try writer.append(row) }
            result.judgments = ratings.count
        }
        try writer.finish()
        return result
    }
}

/// What annotating left behind.
public struct AnnotationResult: Codable, Equatable, Sendable {
    /// The file of judgments.
    public let output: String
    public let annotator: String
    /// Whether a program judged.
    public private(set) var simulated = true
    /// Prompts with responses.
    public let rows: Int
    /// Comparisons or ratings written.
    public internal(set) var judgments = 0
    /// Pairs left out because their texts are the same.
    public internal(set) var identicalPairs = 0
    /// Pairs left out because their scores are.
    public internal(set) var tiedPairs = 0

    public enum CodingKeys: String, CodingKey {
        case output, annotator, simulated, rows, judgments
        case identicalPairs = "identical_pairs"
        case tiedPairs = "tied_pairs"
    }

    init(output: String, annotator: String, rows: Int) {
        self.output = output
        self.annotator = annotator
        self.rows = rows
    }
}
