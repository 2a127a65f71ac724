import Datasets
import Files
import Foundation
import JSON
import Models
import Rewards
import Runs
import Settings
import Training

/// Settings of `heed lint-reward`.
public struct LintRewardConfiguration: ConfigurationSection, Equatable {
    /// What is audited: one reward, or the sum of several.
    public var rewards = PolicyRewards()
    /// Rows with a prompt and what else the reward needs; none: questions of our own, with the truth in the column `answer`.
    public var data: [String] = []
    /// The column of the right answer.
    public var truth = "answer"
    /// Questions that are tried, from the first on.
    public var limit = 32
    /// Whether prompts in plain text become messages.
    public var chatPrompts = false
    public var run = RunConfiguration()

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case data, truth, limit, run
        case chatPrompts = "chat_prompts"
        /// A section, whose keys are at the same level as the others.
        case rewards
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "prompts": .name("data"), "dataset_name": .name("data"),
    ]

    public static let ranges: [String: SettingRange] = ["limit": .count]

    /// Questions of our own have the truth in a column that is known, and stand for no prompts of a user's.
    public static let needs: [String: SettingNeed] = ["truth": .beside("data")]

    public mutating func resolve() { run.resolve() }
}

/// `heed lint-reward`: tries on a reward what policies find, before one does.
public enum RewardLinting {
    /// Writes the report to the file that `context.run.output` names, where it names one.
    ///
    /// - Throws: what is wrong with settings, data or the reward's files. What the reward gets wrong is a finding.
    public static func run(_ configuration: LintRewardConfiguration, context: RunContext) throws -> LintReport
    {
        let sources = try context.rewards.sources(configuration.rewards.selection, on: context.computation)
        guard !sources.isEmpty else {
            throw InvalidSetting(
                "reward", expected: "what to audit: --reward NAME or --reward-model DIR", found: "nothing")
        }
        let file = try context.run.output.map { _ in try context.outputFile() }
        if let file {
            try OutputIsInput.check(
                replacing: file, reading: configuration.data.map { URL(fileURLWithPath: $0) })
        }
        let rows = try rows(configuration, context)
        let bar = context.progress.begin("auditing", total: RewardLint.stageCount)
        let report = try RewardLint(of: sources.loadSum(), on: rows).report { done in
            bar.update(done)
            try Interruption.check(.startsOver)
        }
        bar.finish()
        if let file {
            try AtomicFile.write(
                Data(try JSONValue(encoding: report).document.utf8), to: file)
        }
        return report
    }

    private static func rows(_ configuration: LintRewardConfiguration, _ context: RunContext) throws
        -> [LintRow]
    {
        guard !configuration.data.isEmpty else {
            return Array(LintRow.standard(asMessages: configuration.chatPrompts).prefix(configuration.limit))
        }
        let rows = try JSONLines(configuration.data, setting: "data", chatPrompts: configuration.chatPrompts)
            .load(PromptRow.self)
        if rows.count > configuration.limit {
            context.progress.note(
                "the first \(configuration.limit) of \(rows.count) rows are tried (--limit)")
        }
        let used = rows.prefix(configuration.limit).map { LintRow($0, truth: configuration.truth) }
        if !used.contains(where: { $0.truth != nil }) {
            context.progress.note(
                "no row has a truth in the column '\(configuration.truth)' (--truth): whether right answers earn more "
                    + "than wrong ones is not tried")
        }
        return used
    }
}

extension LintRow {
    /// A row of a data set; answers that it brings are taken as honest ones.
    init(_ row: SourcedRow<PromptRow>, truth column: String) {
        let extra = row.row.extra
        let columns = row.row.columnsForRewards
        self.init(
            prompt: row.row.prompt, columns: columns, truth: Self.truth(in: columns, column: column),
            responses: ["responses", "completion", "response", "chosen", "rejected"].flatMap {
                Self.answers(in: extra[$0])
            }, place: row.place)
    }

    /// The texts of a column of answers: a text, a message, or a list of either.
    private static func answers(in value: JSONValue?) -> [String] {
        switch value {
        case .string(let text)?: [text]
        case .array(let list)?: list.flatMap(answers)
        case .object(let members)?: [members["text"]?.string ?? members["content"]?.string].compactMap(\.self)
        default: []
        }
    }
}
