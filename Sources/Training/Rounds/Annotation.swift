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

    /// Rows with a prompt and responses to it, as `heed sample` writes them, or comparisons, which are judged anew.
    public var responses: [String] = []
    /// Rewards by name, `NAME[:key=value,…]`, whose sum decides.
    public var annotators = ["warm"]
    /// One for each of them; nil: 1.
    public var weights: [Double]?
    /// The share of comparisons that are flipped, as slips; the option `error` of a reward takes precedence. Nil: 0.05 of
    /// rewards that stand in for people, none of a language model's.
    public var noise: Double?
    public var judgment = Judgment.comparisons
    /// Which responses to one prompt are compared.
    public var pairs = PairSelection.all
    /// Whether a judge without a card that speaks for it is an error.
    public var requiresCard = false
    /// The path of VADER's lexicon; nil: the catalogue's.
    public var lexicon: String?

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case responses, noise, pairs, lexicon
        case annotators = "annotator"
        case weights = "reward_weights"
        case requiresCard = "require_card"
        case judgment = "as"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "prompts": .name("responses"), "reward": .name("annotator"),
    ]

    /// What is judged.
    var files: [URL] { responses.map { URL(fileURLWithPath: $0) } }

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
            noise == nil || noise == 0, CodingKeys.noise,
            expected: "0 beside ratings, in which nothing is chosen that could be flipped", found: noise ?? 0)
    }
}

/// `heed annotate`: from responses to judgments by a program that stands in for people.
public enum Annotation {
    /// Writes the judgments to the file that `context.run.output` names, which appears whole at the end. What a language model
    /// said is kept beside it until then, and a second call asks it what is left.
    public static func run(
        _ configuration: AnnotateConfiguration, context: RunContext
    ) throws -> AnnotationResult {
        let file = try context.outputFile()
        try context.rewards.checkLexicon(of: [configuration.selection])
        let judge = try context.rewards.judge(
            configuration.selection, errorRate: configuration.judgment == .ratings ? 0 : configuration.noise,
            seed: context.seeds.derived("judge").value, on: context.computation)
        let isComparing = configuration.judgment == .comparisons
        context.progress.note(
            "No person judges these answers. \(isComparing ? judge.descriptionOfComparing : judge.description)"
        )
        if isComparing, judge.reward is any ComparingReward,
            try context.rewards.sets("temperature", in: configuration.selection)
        {
            context.progress.note(
                "temperature changes nothing here: answers are compared side by side, not by their scores")
        }

        let rows = try JSONLines(configuration.responses, setting: "responses").load(AnswersToJudge.self).map
        {
            SourcedRow(try $0.row.responses(at: $0.place), place: $0.place, index: $0.index)
        }
        if configuration.judgment == .comparisons, rows.allSatisfy({ $0.row.responses.count < 2 }) {
            throw DataError(
                file: configuration.responses.joined(separator: ", "),
                expected: "two or more answers to a prompt, to be compared",
                found: "one to each of \(rows.count) prompts",
                remedy: "sample with --n 2 or more, or give ratings (--as ratings)")
        }
        let standing = try context.standing(of: judge, isRequired: configuration.requiresCard)
        let plan = AnnotationPlan(judge: judge, pairs: configuration.pairs, card: standing.card)
        var result = AnnotationResult(output: file.path, annotator: judge.reward.name, rows: rows.count)
        result.warning = standing.warning
        // Claims the output before anything is kept beside it.
        let writer = try JSONLinesWriter(file)
        let kept =
            try judge.reward is any ComparingReward
            ? KeptVerdicts(
                for: file, following: configuration.files + (judge.origin?.files ?? []), context) : nil
        let asking: AnnotationPlan.Asking = { try kept?.next($0, asking: $1) ?? $1() }
        switch configuration.judgment {
        case .comparisons: try result.compare(rows, by: plan, asking, to: writer, context.progress)
        case .ratings: try result.rate(rows, by: plan, asking, to: writer, context.progress)
        }
        try writer.finish()
        try kept?.remove()
        return result
    }
}

extension AnnotationResult {
    fileprivate mutating func compare(
        _ rows: [SourcedRow<ResponsesRow>], by plan: AnnotationPlan, _ asking: AnnotationPlan.Asking,
        to writer: JSONLinesWriter, _ display: ProgressDisplay
    ) throws {
        let comparisons = try plan.comparisons(
            of: rows, asking: asking, progress: JudgingProgress(display).update)
        for row in comparisons.rows { try writer.append(row) }
        judgments = comparisons.rows.count
        identicalPairs = comparisons.identicalPairs
        tiedPairs = comparisons.tiedPairs
        contradictedPairs = comparisons.contradictedPairs
        unjudgedPairs = comparisons.unjudgedPairs
        flippedPairs = comparisons.flippedPairs
    }

    fileprivate mutating func rate(
        _ rows: [SourcedRow<ResponsesRow>], by plan: AnnotationPlan, _ asking: AnnotationPlan.Asking,
        to writer: JSONLinesWriter, _ display: ProgressDisplay
    ) throws {
        let ratings = try plan.ratings(of: rows, asking: asking, progress: JudgingProgress(display).update)
        for row in ratings { try writer.append(row) }
        judgments = ratings.count
    }
}

/// How far a judge is who takes a while.
private final class JudgingProgress {
    private let display: ProgressDisplay
    private var bar: (bar: ProgressBar, total: Int)?

    init(_ display: ProgressDisplay) { self.display = display }

    /// - Throws: `Interrupted` as soon as the user asks to stop.
    func update(_ done: Int, _ total: Int) throws {
        try Interruption.check(.resumes)
        if bar?.total != total { bar = (display.begin("judging", total: total), total) }
        bar?.bar.update(done)
        if done == total { bar?.bar.finish() }
    }
}

/// What annotating left behind.
public struct AnnotationResult: Codable, Equatable, Sendable {
    /// The file of judgments.
    public let output: String
    public let annotator: String
    /// Whether a program judged.
    public private(set) var simulated = true
    /// What is known against the judge, or that nothing is known of it.
    public internal(set) var warning: String?
    /// Prompts with responses.
    public let rows: Int
    /// Comparisons or ratings written.
    public internal(set) var judgments = 0
    /// Pairs left out because their texts are the same.
    public internal(set) var identicalPairs = 0
    /// Pairs left out because their scores are.
    public internal(set) var tiedPairs = 0
    /// Those of them whose two orders get opposite verdicts that are equally sure.
    public internal(set) var contradictedPairs = 0
    /// Pairs left out because there was no room for them in the judge's context.
    public internal(set) var unjudgedPairs = 0
    /// Judgments in which the other order of the answers gave the other verdict; nil for a judge who sees one answer at a time.
    public internal(set) var flippedPairs: Int?

    public enum CodingKeys: String, CodingKey {
        case output, annotator, simulated, warning, rows, judgments
        case identicalPairs = "identical_pairs"
        case tiedPairs = "tied_pairs"
        case contradictedPairs = "contradicted_pairs"
        case unjudgedPairs = "unjudged_pairs"
        case flippedPairs = "flipped_pairs"
    }

    init(output: String, annotator: String, rows: Int) {
        self.output = output
        self.annotator = annotator
        self.rows = rows
    }
}
