import Datasets
import Files
import Foundation
import JSON
import Models
import Settings
import Tokenization
import Training

/// Settings of `prompts`.
public struct PromptsSettings: VerbSettings {
    /// A folder of conversations by topic (YAML), a name of the catalogue, or `everyday`, which Heed brings.
    public var corpus = "chatterbot-english"
    /// A system message before every prompt.
    public var system: String?
    /// Topics to leave out.
    public var exclude: [String] = []
    /// At most this many prompts to train on, and held out; nil: all there are.
    public var train: Int?
    public var heldOut: Int?
    public var heldOutFraction = 0.4
    /// At most this many of one topic on either side.
    public var perTopic: Int?
    public var minimumWords = 3
    public var maximumWords = 40
    public var run = RunConfiguration()

    public init() {}

    public mutating func resolve() { run.resolve() }

    public var inputs: [VerbInput] { corpus == EverydayCorpus.name ? [] : [.setting(.data(corpus))] }

    public enum CodingKeys: String, CodingKey {
        case corpus, system, exclude, train, run
        case heldOut = "held_out"
        case heldOutFraction = "held_out_fraction"
        case perTopic = "per_topic"
        case minimumWords = "min_words"
        case maximumWords = "max_words"
    }

    public static let ranges: [String: SettingRange] = [
        "train": .atLeast(1), "held_out": .atLeast(1), "held_out_fraction": .between(0, 1),
        "per_topic": .atLeast(1), "min_words": .atLeast(0), "max_words": .atLeast(1),
    ]

    public func validate() throws {
        try InvalidSetting.check(
            minimumWords <= maximumWords, CodingKeys.minimumWords, expected: "at most max_words",
            found: minimumWords)
    }
}

extension Verb {
    /// Prompts out of a corpus of conversations: `train.jsonl` and `held-out.jsonl`.
    public static let prompts = Verb("prompts", output: .split, defaults: PromptsSettings()) {
        settings, call in
        let context = call.context
        let corpus = try ConversationCorpus(settings.corpus, without: settings.exclude, context: context)
        let selection = PromptSelection(corpus, settings, order: { context.seeds.derived($0).value })
        return try SplitFolder.write(
            train: selection.train, heldOut: selection.heldOut, unit: "prompts", source: settings.corpus,
            context: context)
    }
}

/// Which prompts a corpus gives: what opens a conversation. Later questions lean on what was said before them.
struct PromptSelection {
    private(set) var train: [PromptRow] = []
    private(set) var heldOut: [PromptRow] = []

    /// - Parameter order: a number for each prompt; the lowest are taken.
    init(_ corpus: ConversationCorpus, _ settings: PromptsSettings, order: (String) -> UInt64) {
        let words = settings.minimumWords...settings.maximumWords
        let rows = corpus.topics.flatMap { topic in
            topic.conversations.compactMap(\.first).filter { words.contains($0.wordCount) }
                .map { (topic: topic, text: $0) }
        }.unique { $0.text.letters }
        let split = HeldOutSplit(fraction: settings.heldOutFraction)
        // One topic after the other, so that a large one does not crowd out the small ones.
        func selected(_ limit: Int?, where isWanted: (String) -> Bool) -> [PromptRow] {
            let byTopic = Dictionary(grouping: rows.filter { isWanted($0.text) }, by: \.topic.name)
            let queues = byTopic.sorted { $0.key < $1.key }.map { _, rows in
                rows.sorted { order($0.text) < order($1.text) }
            }
            let rounds = (0..<min(settings.perTopic ?? .max, queues.map(\.count).max() ?? 0))
            let chosen = rounds.flatMap { round in queues.compactMap { round < $0.count ? $0[round] : nil } }
            return chosen.prefix(limit ?? .max).map { row in
                let system = settings.system.map { Message(role: "system", content: $0) }
                let user = Message(role: "user", content: row.text)
                var columns: JSONObject = ["topic": .string(row.topic.name)]
                for (name, value) in row.topic.columns { columns[name] = value }
                return PromptRow(prompt: .messages([system, user].compactMap(\.self)), extra: columns)
            }
        }
        train = selected(settings.train) { !split.isHeldOut($0) }
        heldOut = selected(settings.heldOut) { split.isHeldOut($0) }
    }
}

/// A folder with `train.jsonl` and `held-out.jsonl`.
enum SplitFolder {
    private struct Counts: Codable {
        let output: String
        let train: Int
        let heldOut: Int

        enum CodingKeys: String, CodingKey {
            case output, train
            case heldOut = "held_out"
        }
    }

    /// Puts both files in place at once.
    /// - Parameter source: what the rows come from, for the error where one side would be empty.
    static func write<Row: DatasetRow>(
        train: [Row], heldOut: [Row], unit: String, source: String, context: RunContext
    ) throws -> VerbResult {
        guard !train.isEmpty, !heldOut.isEmpty else {
            throw DataError(
                file: source, expected: "\(unit) for both sides of the split",
                found: "\(train.count) to train on and \(heldOut.count) held out",
                remedy: "give more of them, or change held_out_fraction")
        }
        let sides = [("train.jsonl", train), ("held-out.jsonl", heldOut)]
        let folder = try context.outputFolder(of: sides.map(\.0))
        try AtomicFolder.replace(at: folder) { partial in
            for (name, rows) in sides {
                let writer = try JSONLinesWriter(partial.appending(path: name))
                for row in rows { try writer.append(row) }
                try writer.finish()
            }
        }
        return VerbResult(
            json: Counts(output: folder.path, train: train.count, heldOut: heldOut.count),
            lines: ["\(train.count) \(unit) to train on, \(heldOut.count) held out, in \(folder.path)"])
    }
}
