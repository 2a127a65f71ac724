import Datasets
import Foundation
import Models
import Settings
import Tokenization

/// Settings of `conversations`.
public struct ConversationsSettings: VerbSettings {
    /// A `.json` file of conversations of two people, or a name of the catalogue.
    public var corpus = "chitchat-ratings"
    /// A system message before every conversation.
    public var system: String?
    /// At most this many conversations to train on, and held out; nil: all there are.
    public var train: Int?
    public var heldOut: Int?
    /// The share of the people whose conversations are held out.
    public var heldOutFraction = 0.2
    /// A conversation is cut after the last turn that fits.
    public var maximumWords = 120
    /// What is left of a conversation must have this many turns.
    public var minimumTurns = 2
    public var run = RunConfiguration()

    public init() {}

    public mutating func resolve() { run.resolve() }

    public var inputs: [VerbInput] { [.setting(.data(corpus))] }

    public enum CodingKeys: String, CodingKey {
        case corpus, system, train, run
        case heldOut = "held_out"
        case heldOutFraction = "held_out_fraction"
        case maximumWords = "max_words"
        case minimumTurns = "min_turns"
    }

    public static let ranges: [String: SettingRange] = [
        "train": .atLeast(1), "held_out": .atLeast(1), "held_out_fraction": .between(0, 1),
        "max_words": .atLeast(1), "min_turns": .atLeast(2),
    ]
}

extension Verb {
    /// Conversations of two people to learn from, of which the second is the assistant: `train.jsonl` and `held-out.jsonl`.
    /// No person is on both sides.
    public static let conversations = Verb(
        "conversations", output: .split, defaults: ConversationsSettings()
    ) { settings, call in
        let context = call.context
        let corpus = try PairedConversations(
            settings.corpus, words: settings.maximumWords, minimumTurns: settings.minimumTurns,
            context: context)
        let split = HeldOutSplit(fraction: settings.heldOutFraction)
        let sides = Dictionary(grouping: corpus.conversations) { conversation in
            Set(conversation.authors.map { split.isHeldOut("\(context.run.seed) \($0)") })
        }
        func rows(_ isHeldOut: Bool, atMost limit: Int?) -> [MessagesRow] {
            (sides[[isHeldOut]] ?? [])
                .map { (conversation: $0, order: context.seeds.derived($0.identifier).value) }
                .sorted { $0.order < $1.order }.prefix(limit ?? .max)
                .map { $0.conversation.row(system: settings.system) }
        }
        let result = try SplitFolder.write(
            train: rows(false, atMost: settings.train), heldOut: rows(true, atMost: settings.heldOut),
            unit: "conversations", source: settings.corpus, context: context)
        let leftOut = corpus.leftOut
        return VerbResult(
            json: result.json,
            lines: result.lines + [
                "of the conversations left out: \(leftOut.notOfTwo) not of two people, \(leftOut.tooShort) too short, "
                    + "\(sides[[false, true]]?.count ?? 0) of people on both sides"
            ])
    }
}

extension PairedConversation {
    /// Up to the last thing that the assistant says.
    fileprivate func row(system: String?) -> MessagesRow {
        let spoken = messages.last?.role == "user" ? messages.dropLast() : messages[...]
        let opening = system.map { [Message(role: "system", content: $0)] } ?? []
        return MessagesRow(messages: opening + spoken, extra: topic.map { ["topic": .string($0)] } ?? [:])
    }
}
