import Charts
import Datasets
import Evaluation
import Files
import Foundation
import JSON
import Models
import Rewards
import Runs
import Settings
import Training

/// Settings of `heed judge-card`.
public struct JudgeCardConfiguration: ConfigurationSection, Equatable {
    /// Rewards by name, `NAME[:key=value,…]`, whose sum judges.
    public var judge: [String] = []
    /// Comparisons that people made.
    public var data: [String] = []
    /// Rows that are used, from the first on; nil: all.
    public var limit: Int?
    /// Whether each of the judge's principles is measured alone.
    public var comparesPrinciples = false
    public var run = RunConfiguration()

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case judge, data, limit, run
        case comparesPrinciples = "by_principle"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "reward": .name("judge"), "comparisons": .name("data"), "dataset_name": .name("data"),
    ]

    public static let ranges: [String: SettingRange] = ["limit": .count]

    public mutating func resolve() { run.resolve() }
}

/// `heed judge-card`: measures a judge before it is trusted.
public enum JudgeMeasurement {
    /// Keeps the card for this judge, where reports find it, and writes it to the file that `context.run.output` names, where
    /// it names one, with its picture beside it.
    ///
    /// - Throws: what is wrong with settings, data or the judge's files.
    public static func run(_ configuration: JudgeCardConfiguration, context: RunContext) throws -> JudgeCard {
        let selection = RewardSelection(configuration.judge)
        guard !selection.isEmpty else {
            throw InvalidSetting("judge", expected: "a judge: --judge NAME[:options]", found: "nothing")
        }
        guard !configuration.data.isEmpty else {
            throw InvalidSetting(
                "data", expected: "comparisons that people made (--data FILE)", found: "nothing")
        }
        let judge = try context.rewards.judge(
            selection, errorRate: 0, seed: context.seeds.derived("judge").value, on: context.computation)
        if configuration.comparesPrinciples {
            try InvalidSetting.check(
                ((judge.reward as? any ComparingReward)?.principles.count ?? 0) > 1,
                JudgeCardConfiguration.CodingKeys.comparesPrinciples,
                expected: "a language model with several principles (judge:MODEL,principles=FILE)",
                found: configuration.judge.joined(separator: " "))
        }
        let file = try context.run.output.map { _ in try context.outputFile() }
        let picture = try file.map { try pictureFile(beside: $0, context) }
        if let file {
            try OutputIsInput.check(
                replacing: file, reading: configuration.data.map { URL(fileURLWithPath: $0) })
        }
        var rows = try JSONLines(configuration.data, setting: "data").load(ComparisonRow.self)
        warn(of: rows, context)
        if let limit = configuration.limit, rows.count > limit {
            context.progress.note("the first \(limit) of \(rows.count) rows are used (--limit)")
            rows = Array(rows.prefix(limit))
        }
        let measurement = try JudgeCardMeasurement(
            judge, argument: configuration.judge.joined(separator: " "), rows: rows,
            file: configuration.data.joined(separator: ", "), seed: context.seeds.derived("bootstrap").value,
            comparesPrinciples: configuration.comparesPrinciples)
        let bar = context.progress.begin("judging", total: measurement.questionCount)
        let card = try measurement.card { done in
            bar.update(done)
            try Interruption.check(.startsOver)
        }
        // Pairs that could not be judged are not asked about again.
        bar.update(measurement.questionCount)
        bar.finish()
        let json = Data(try JSONValue(encoding: card).document.utf8)
        if let origin = judge.origin {
            let kept = try JudgeCards().file(of: origin)
            try FileSystem.createFolder(kept.deletingLastPathComponent())
            try AtomicFile.write(json, to: kept)
            context.progress.note(
                "what this judge says in reports will be read beside this card (\(kept.path))")
        }
        if let file, let picture {
            try AtomicFile.write(json, to: file)
            try AtomicFile.write(Data(card.chart.standaloneSVG(width: 640).utf8), to: picture)
        }
        return card
    }

    /// It is replaced where the card is.
    private static func pictureFile(beside file: URL, _ context: RunContext) throws -> URL {
        guard file.pathExtension == "json" else {
            throw InvalidSetting(
                "output", expected: "a name that ends with .json", found: file.lastPathComponent)
        }
        let picture = file.deletingPathExtension().appendingPathExtension("svg")
        if case .force = context.mode { return picture }
        guard !FileSystem.exists(picture) else { throw OutputExists(file: picture) }
        return picture
    }

    private static func warn(of rows: [SourcedRow<ComparisonRow>], _ context: RunContext) {
        let simulated = rows.count { $0.row.extra[SimulatedJudgment.mark] == true }
        if simulated > 0 {
            context.progress.note(
                "\(simulated) of \(rows.count) judgments were made by a program: where the card says people, read that program"
            )
        }
        let uncertain = rows.count { $0.row.preference != nil }
        if uncertain > 0 {
            context.progress.note(
                "\(uncertain) of \(rows.count) judgments are probabilities (\"preference\"): each counts as a choice"
            )
        }
    }
}
