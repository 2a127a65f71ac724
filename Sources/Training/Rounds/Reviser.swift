import Datasets
import JSON
import LanguageModels
import Models
import Rewards
import Tokenization

/// Lets a model criticise its answers and write them again.
struct Reviser {
    /// Columns of a row beside prompt and completion: the first answer in the completion's form, and each step's
    /// `{"principle", "critique", "revision"}`, whose revision is null where it was dropped, with why as "dropped".
    static let first = "first_answer"
    static let steps = "revisions"
    /// Why a revision was dropped.
    static let noRoom = "no room"
    static let cutOff = "cut off"
    /// The number of the prompt, from 1 on.
    private static let number = "row"

    let answerer: Answerer
    let principles: Principles
    let revisions: Int
    let keepsCutOff: Bool
    /// Of the principles that are drawn.
    let seed: UInt64
    /// The content hash of the model.
    let policy: String

    /// An answer, and a critique and a revision each time.
    var textsPerPrompt: Int { 1 + 2 * revisions }

    private struct Chain {
        let index: Int
        let prompt: PreparedPrompt
        var answer: String
        let first: String
        /// Whether the answer is one to learn from, and not the beginning of one.
        var isWhole: Bool
        var steps: [JSONValue] = []

        /// The conversation so far, ending with the answer as it stands.
        var messages: [Message] {
            guard case .messages(let messages) = prompt.text else { return [] }
            return messages + [Message(role: "assistant", content: answer)]
        }
    }

    /// - Parameters:
    ///   - prompts: messages, each with its index in the whole file, which names its random numbers.
    ///   - onProgress: told how many of the group's texts are written.
    func rows(
        of prompts: [(index: Int, prompt: PreparedPrompt)], onProgress: (_ texts: Int) -> Void
    ) throws -> [CompletionRow] {
        var done = 0
        func write(_ conversations: [(index: Int, tokens: [Int])], step: Int) throws -> [WrittenAnswer] {
            let requests = conversations.map {
                GenerationRequest(
                    prompt: $0.tokens, id: UInt64($0.index * textsPerPrompt + step))
            }
            let answers = try answerer.answers(to: requests) { ended, _ in onProgress(done + ended) }
            done += prompts.count
            return answers
        }
        let answers = try write(prompts.map { ($0.index, $0.prompt.tokens) }, step: 0)
        var chains = zip(prompts, answers).map { prompt, answer in
            Chain(
                index: prompt.index, prompt: prompt.prompt, answer: answer.text, first: answer.text,
                isWhole: (answer.finish == .stop || keepsCutOff) && !answer.text.isEmpty)
        }
        for round in 0..<revisions {
            let drawn = chains.map {
                principles.principle(for: $0.prompt.text.json.text(), step: round, seed: seed)
            }
            let asked = zip(chains, drawn).map { chain, principle in
                chain.messages + [Message(role: "user", content: ReviserPrompt.critique(by: principle))]
            }
            let critiques = try written(asked, of: chains) { try write($0, step: 1 + 2 * round) }
            let again = zip(asked, critiques).map { messages, critique in
                critique.map {
                    messages + [
                        Message(role: "assistant", content: $0.text),
                        Message(role: "user", content: ReviserPrompt.revision),
                    ]
                }
            }
            let revised = try written(again, of: chains) { try write($0, step: 2 + 2 * round) }
            for place in chains.indices {
                let dropped = Self.obstacle(to: revised[place])
                let revision = dropped == nil ? revised[place]?.text : nil
                chains[place].answer = revision ?? chains[place].answer
                chains[place].isWhole = revision != nil || chains[place].isWhole
                var step: JSONObject = [
                    "principle": .string(drawn[place]),
                    "critique": critiques[place].map { .string($0.text) } ?? .null,
                    "revision": revision.map(JSONValue.string) ?? .null,
                ]
                step["dropped"] = dropped.map(JSONValue.string)
                chains[place].steps.append(.object(step))
            }
        }
        return chains.filter(\.isWhole).map(row)
    }

    /// A text for each conversation that leaves room for one in the model's context; nil for the others.
    private func written(
        _ conversations: [[Message]?], of chains: [Chain],
        by write: ([(index: Int, tokens: [Int])]) throws -> [WrittenAnswer]
    ) throws -> [WrittenAnswer?] {
        let room = answerer.model.configuration.maximumPositions - answerer.options.maximumNewTokens
        var result = [WrittenAnswer?](repeating: nil, count: chains.count)
        var places: [Int] = []
        var fitting: [(index: Int, tokens: [Int])] = []
        for (place, messages) in conversations.enumerated() {
            guard let messages else { continue }
            // What was said before is text, whatever it spells.
            let tokens = try answerer.tokenizer.encodeSealed(messages, addGenerationPrompt: true)
            guard tokens.count <= room else { continue }
            places.append(place)
            fitting.append((chains[place].index, tokens))
        }
        for (place, answer) in zip(places, try write(fitting)) { result[place] = answer }
        return result
    }

    private func row(_ chain: Chain) -> CompletionRow {
        var extra = chain.prompt.columns
        extra[Self.first] = chain.prompt.text.answer(chain.first).json
        extra[Self.steps] = .array(chain.steps)
        extra["policy"] = .string(policy)
        extra[Self.number] = .integer(chain.index + 1)
        return CompletionRow(
            prompt: chain.prompt.text, completion: chain.prompt.text.answer(chain.answer), extra: extra)
    }

    /// The index of a row's prompt in the whole file.
    static func index(of row: CompletionRow) -> Int? {
        row.extra[number]?.integer.flatMap { $0 > 0 ? $0 - 1 : nil }
    }

    /// Why the revisions of a row were dropped in whose place the answer before them stays.
    static func dropped(in row: CompletionRow) -> [String] {
        (row.extra[steps]?.array ?? []).filter { $0["revision"] == .null }.map { $0["dropped"]?.string ?? "" }
    }

    /// Why a revision cannot be learned; nil where it can.
    private static func obstacle(to revision: WrittenAnswer?) -> String? {
        guard let revision else { return noRoom }
        return revision.text.isEmpty ? "empty" : revision.finish == .stop ? nil : cutOff
    }
}

/// What a model is asked about its own answer.
private enum ReviserPrompt {
    static func critique(by principle: String) -> String {
        "Look at your last answer by this rule: \(principle)\nSay in one or two sentences where it falls short."
    }

    static let revision = "Now write the answer again so that it follows the rule. Write the answer alone."
}
