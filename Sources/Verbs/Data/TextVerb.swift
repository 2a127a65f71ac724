import Datasets
import Foundation
import Models
import Settings

/// Settings of `text`.
public struct TextSettings: VerbSettings {
    /// A folder of conversations by topic (YAML), or a name of the catalogue.
    public var corpus = "chatterbot-english"
    /// Topics to leave out.
    public var exclude: [String] = []
    /// Shorter answers are left out.
    public var minimumWords = 10
    /// About this many words in all; nil: all there are.
    public var words: Int?
    public var run = RunConfiguration()

    public init() {}

    public mutating func resolve() { run.resolve() }

    public var inputs: [VerbInput] { [.setting(.data(corpus))] }

    public enum CodingKeys: String, CodingKey {
        case corpus, exclude, words, run
        case minimumWords = "min_words"
    }

    public static let ranges: [String: SettingRange] = ["min_words": .atLeast(0), "words": .atLeast(1)]
}

extension Verb {
    /// Plain text for perplexity: the longer answers of a corpus of conversations, of which `prompts` takes none.
    public static let text = Verb("text", output: .rows, defaults: TextSettings()) { settings, call in
        let context = call.context
        let corpus = try ConversationCorpus(settings.corpus, without: settings.exclude, context: context)
        let texts = corpus.texts(minimumWords: settings.minimumWords, words: settings.words) {
            context.seeds.derived($0).value
        }
        guard !texts.isEmpty else {
            throw DataError(
                file: settings.corpus, expected: "answers of at least \(settings.minimumWords) words",
                found: "none",
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

extension ConversationCorpus {
    /// Distinct answers, until there are `words` words; those with the lowest `order` come first.
    func texts(minimumWords: Int, words: Int?, order: (String) -> UInt64) -> [String] {
        let openings = Set(topics.flatMap { $0.conversations.compactMap { $0.first?.letters } })
        let answers = topics.flatMap { $0.conversations.flatMap { $0.dropFirst() } }
            .filter { $0.wordCount >= minimumWords && !openings.contains($0.letters) }
            .unique(by: \.letters)
            .sorted { order($0) < order($1) }
        var remaining = words ?? .max
        return answers.prefix { text in
            defer { remaining -= text.wordCount }
            return remaining > 0
        }
    }
}
