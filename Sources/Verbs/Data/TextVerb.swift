import Datasets
import Foundation
import Models
import Settings
import Training

/// Settings of `text`.
public struct TextSettings: VerbSettings {
    /// Names of the catalogue, folders of conversations by topic (YAML), text files, and JSON Lines files with a `text` or
    /// `messages` in every row.
    public var corpus = ["chatterbot-english"]
    /// Corpora that are left out, with a note, where this machine cannot fetch them.
    public var optional: [String] = []
    /// Topics to leave out.
    public var exclude: [String] = []
    /// Shorter texts are left out.
    public var minimumWords = 10
    /// About this many words in all; nil: all there are.
    public var words: Int?
    public var run = RunConfiguration()

    public init() {}

    public mutating func resolve() { run.resolve() }

    public var inputs: [VerbInput] { (corpus + optional).map { .setting(.data($0)) } }

    public enum CodingKeys: String, CodingKey {
        case corpus, optional, exclude, words, run
        case minimumWords = "min_words"
    }

    public static let ranges: [String: SettingRange] = ["min_words": .atLeast(0), "words": .atLeast(1)]
}

extension Verb {
    /// Plain text, to learn from or for perplexity. Of conversations by topic it is the longer answers, of which `prompts`
    /// takes none; of other corpora it is every text.
    public static let text = Verb("text", output: .rows, defaults: TextSettings()) { settings, call in
        let context = call.context
        let corpora = try settings.corpus.map { try TextCorpus($0, settings, context) }
        let optional = try settings.optional.compactMap { argument -> TextCorpus? in
            do {
                return try TextCorpus(argument, settings, context)
            } catch let error as CatalogueError where error.isOfThisMachine {
                context.progress.note("\(argument) is left out: \(error)")
                return nil
            }
        }
        try TextCorpus.check(settings, corpora + optional)
        let texts = (corpora + optional).flatMap(\.texts).chosen(settings) { context.seeds.derived($0).value }
        guard !texts.isEmpty else {
            throw DataError(
                file: settings.corpus.joined(separator: ", "),
                expected: "texts of at least \(settings.minimumWords) words", found: "none",
                remedy: "lower min_words, or name another corpus")
        }
        let file = try context.output()
        let writer = try JSONLinesWriter(file)
        for text in texts { try writer.append(TextRow(text: text)) }
        try writer.finish()
        let words = texts.reduce(0) { $0 + $1.wordCount }
        return VerbResult(
            json: ["output": file.path], lines: ["\(texts.count) texts, \(words) words, in \(file.path)"])
    }
}

/// The texts of one corpus.
private struct TextCorpus {
    let texts: [String]
    let hasTopics: Bool

    init(_ argument: String, _ settings: TextSettings, _ context: RunContext) throws {
        let place = try CatalogueStore().data(argument, progress: context.computation.downloadProgress)
        hasTopics = ConversationCorpus.isOne(place)
        texts =
            try hasTopics
            ? ConversationCorpus(argument, without: settings.exclude, context: context).answers
            : Self.texts(in: place)
    }

    /// Rows of messages are texts of a line for each turn.
    private static func texts(in place: URL) throws -> [String] {
        guard place.pathExtension == "jsonl" else { return try TextFiles([place]).texts() }
        return try JSONLines(place).load(SupervisedRow.self).map { sourced in
            switch sourced.row {
            case .text(let row): row.text
            case .messages(let row): row.messages.map(\.content).joined(separator: "\n")
            case .completion:
                throw DataError(
                    at: sourced.place, expected: "a \"text\" or \"messages\"",
                    found: "a prompt and its completion",
                    remedy: "write both as one text")
            }
        }
    }

    static func check(_ settings: TextSettings, _ corpora: [TextCorpus]) throws {
        try InvalidSetting.check(
            settings.exclude.isEmpty || corpora.contains(where: \.hasTopics), TextSettings.CodingKeys.exclude,
            expected: "none, as no corpus here has topics", found: settings.exclude.joined(separator: ", "))
    }
}

extension ConversationCorpus {
    /// What is said in answer, and opens no conversation.
    var answers: [String] {
        let openings = Set(topics.flatMap { $0.conversations.compactMap { $0.first?.letters } })
        return topics.flatMap { $0.conversations.flatMap { $0.dropFirst() } }
            .filter { !openings.contains($0.letters) }
    }
}

extension [String] {
    /// Distinct texts that are long enough, until there are `words` words; those with the lowest `order` come first.
    func chosen(_ settings: TextSettings, order: (String) -> UInt64) -> [String] {
        let texts = filter { $0.wordCount >= settings.minimumWords }.unique(by: \.letters)
            .map { (text: $0, order: order($0)) }.sorted { $0.order < $1.order }.map(\.text)
        var remaining = settings.words ?? .max
        return texts.prefix { text in
            defer { remaining -= text.wordCount }
            return remaining > 0
        }.map(\.self)
    }
}
