import Datasets
import Foundation
import JSON
import Models
import Settings
import Tokenization

/// Settings of `ratings`.
public struct RatingsSettings: VerbSettings {
    /// A `.json` file of rated conversations, or a name of the catalogue.
    public var corpus = "chitchat-ratings"
    /// At most this many comparisons to train on, and held out; nil: all there are.
    public var train: Int?
    public var heldOut: Int?
    /// The share of the people whose conversations are held out.
    public var heldOutFraction = 0.4
    /// A conversation is cut after the last turn that fits.
    public var maximumWords = 120
    /// What is left of a conversation must have this many turns.
    public var minimumTurns = 4
    /// By how much the better conversation's mean rating exceeds the worse one's.
    public var minimumGap = 2.0
    /// Comparisons that one conversation may be in.
    public var uses = 2
    public var run = RunConfiguration()

    public init() {}

    public mutating func resolve() { run.resolve() }

    public var inputs: [VerbInput] { [.setting(.data(corpus))] }

    public enum CodingKeys: String, CodingKey {
        case corpus, train, uses, run
        case heldOut = "held_out"
        case heldOutFraction = "held_out_fraction"
        case maximumWords = "max_words"
        case minimumTurns = "min_turns"
        case minimumGap = "min_gap"
    }

    public static let ranges: [String: SettingRange] = [
        "train": .atLeast(1), "held_out": .atLeast(1), "held_out_fraction": .between(0, 1),
        "max_words": .atLeast(1), "min_turns": .atLeast(1), "min_gap": .above(0), "uses": .atLeast(1),
    ]
}

extension Verb {
    /// Comparisons out of rated conversations on the same topic: `train.jsonl` and `held-out.jsonl`. No conversation and
    /// no person is on both sides.
    public static let ratings = Verb("ratings", output: .split, defaults: RatingsSettings()) {
        settings, call in
        let context = call.context
        let corpus = try PairedConversations(
            settings.corpus, words: settings.maximumWords, minimumTurns: settings.minimumTurns,
            mustBeRated: true, context: context)
        let pairing = RatingComparisons(settings, order: { context.seeds.derived($0).value })
        let split = HeldOutSplit(fraction: settings.heldOutFraction)
        let sides = Dictionary(grouping: corpus.conversations.compactMap(RatedConversation.init)) {
            conversation in
            Set(conversation.authors.map { split.isHeldOut("\(context.run.seed) \($0)") })
        }
        let result = try SplitFolder.write(
            train: pairing.rows(of: sides[[false]] ?? [], atMost: settings.train),
            heldOut: pairing.rows(of: sides[[true]] ?? [], atMost: settings.heldOut), unit: "comparisons",
            source: settings.corpus, context: context)
        let leftOut = corpus.leftOut
        return VerbResult(
            json: result.json,
            lines: result.lines + [
                "of the conversations left out: \(leftOut.unrated) without ratings, \(leftOut.untouched) with the "
                    + "ratings that the form begins with, \(leftOut.notOfTwo) not of two people, "
                    + "\(leftOut.tooShort) too short, \(sides[[false, true]]?.count ?? 0) of people on both sides"
            ])
    }
}

/// A conversation that was rated as a whole.
struct RatedConversation {
    let identifier: String
    let topic: String
    /// The mean of its ratings, from 1 to 10.
    let rating: Double
    let authors: Set<String>
    let messages: [Message]

    /// - Returns: nil where it has no rating or no topic.
    fileprivate init?(_ conversation: PairedConversation) {
        guard let rating = conversation.rating, let topic = conversation.topic else { return nil }
        (identifier, authors) = (conversation.identifier, conversation.authors)
        (self.topic, self.rating, messages) = (topic, rating, conversation.messages)
    }
}

/// Pairs conversations on the same topic, the better rated one chosen.
struct RatingComparisons {
    private let minimumGap: Double
    private let uses: Int
    private let order: (String) -> UInt64

    /// - Parameter order: a number for each pair; the lowest are taken first.
    init(_ settings: RatingsSettings, order: @escaping (String) -> UInt64) {
        minimumGap = settings.minimumGap
        uses = settings.uses
        self.order = order
    }

    private struct Pair {
        let chosen: RatedConversation
        let rejected: RatedConversation
        let rank: UInt64
    }

    /// Rows with a prompt that names the topic, `chosen` and `rejected`, and both mean ratings.
    func rows(of conversations: [RatedConversation], atMost limit: Int?) -> [PromptRow] {
        let pairs = Dictionary(grouping: conversations, by: \.topic).values.flatMap(self.pairs)
        var used: [String: Int] = [:]
        let taken = pairs.sorted { $0.rank < $1.rank }.filter { pair in
            let members = [pair.chosen.identifier, pair.rejected.identifier]
            guard members.allSatisfy({ used[$0, default: 0] < uses }) else { return false }
            for member in members { used[member, default: 0] += 1 }
            return true
        }
        return taken.prefix(limit ?? .max).map(row)
    }

    private func pairs(on topic: [RatedConversation]) -> [Pair] {
        topic.indices.flatMap { first in
            topic.indices.compactMap { second in
                let (chosen, rejected) = (topic[first], topic[second])
                guard chosen.rating - rejected.rating >= minimumGap else { return nil }
                return Pair(
                    chosen: chosen, rejected: rejected,
                    rank: order("\(chosen.identifier) \(rejected.identifier)"))
            }
        }
    }

    private func row(_ pair: Pair) -> PromptRow {
        let prompt = Message(role: "system", content: "Two people chat. Topic: \(pair.chosen.topic)")
        return PromptRow(
            prompt: .messages([prompt]),
            extra: [
                "chosen": Text.messages(pair.chosen.messages).json,
                "rejected": Text.messages(pair.rejected.messages).json,
                "topic": .string(pair.chosen.topic),
                "chosen_rating": .number(pair.chosen.rating),
                "rejected_rating": .number(pair.rejected.rating),
            ])
    }
}
