import Datasets
import Endpoints
import Foundation
import JSON

/// A language model behind an address that judges answers by principles in words, as ``LanguageModelJudge`` does in this process.
///
/// It is asked, after its thoughts where it has some, for one token of `/chat/completions` with its twenty likeliest alternatives. Marks go from 1 to 9: a tokenizer
/// that is not known here may write 10 as two tokens. What its measures miss is what they miss of every language model.
public final class EndpointJudge: ComparingReward {
    public let name: String
    private let list: Principles
    private let client: EndpointClient
    private let model: String
    private let thoughts: JudgeThoughts?

    /// - Parameter thoughts: nil: it answers at once.
    /// - Throws: `EndpointError` where the server cannot be reached, or does not say which of several models is meant.
    public convenience init(
        _ endpoint: Endpoint, principles: Principles = .standard, thoughts: JudgeThoughts? = nil,
        name: String = "judge", limits: EndpointClient.Limits = .init()
    ) throws {
        let client = EndpointClient(endpoint, limits: limits)
        self.init(
            client, model: try client.model(), principles: principles, thoughts: thoughts, name: name)
    }

    private init(
        _ client: EndpointClient, model: String, principles: Principles, thoughts: JudgeThoughts?,
        name: String
    ) {
        (self.client, self.model, list, self.thoughts) = (client, model, principles, thoughts)
        self.name = name
    }

    public var description: String {
        "A language model that stands in for people (\(client.endpoint)), by principles in words. "
            + "It likes what it reads into them, and may like a place or a length instead: see its card (heed judge-card)."
    }

    // MARK: One answer

    private static let marks = (1...9).map(String.init)

    public func scores(of inputs: [RewardInput]) throws -> [Double?] {
        try inputs.map { input in
            let principle = list.principle(for: input.prompt.question)
            let shares = try shares(
                of: Self.marks, asking: JudgePrompt.mark(input, by: principle, highest: 9), input)
            return shares.map { shares in
                (zip(1..., shares).reduce(0) { $0 + Double($1.0) * $1.1 } - 5) / 4
            }
        }
    }

    public func obstacle(to input: RewardInput) -> String {
        "expected a number among the likeliest first tokens of \(client.endpoint), found none"
    }

    // MARK: Two answers

    public func preferencesAsGiven(in pairs: [AnswerPair]) throws -> [Double?] {
        try pairs.map { pair in
            let question = JudgePrompt.comparison(pair, by: drawnPrinciple(for: pair))
            let first = try shares(of: ["1", "2"], asking: question, pair.first)?[0]
            return first.map { thoughts?.clamped($0) ?? $0 }
        }
    }

    /// A server does not tell what it thinks of answers that are given as its own.
    public func ownLogProbabilities(of inputs: [RewardInput]) -> [Double?] { inputs.map { _ in nil } }

    private func drawnPrinciple(for pair: AnswerPair) -> String {
        list.principle(for: pair.first.prompt.question, seed: pair.seed)
    }

    public func principle(for pair: AnswerPair) -> String? { drawnPrinciple(for: pair) }
    public var principles: [String] { list.texts }

    public func judging(by principle: String) -> any ComparingReward {
        EndpointJudge(
            client, model: model, principles: Principles([principle]), thoughts: thoughts, name: name)
    }

    // MARK: Asking

    /// The probabilities of some first tokens, as shares of theirs together; nil where none is among the likeliest.
    /// - Throws: ``RewardError/unanswered(_:why:)`` naming the row, for a server that fails or says no probabilities.
    private func shares(of choices: [String], asking question: String, _ input: RewardInput) throws
        -> [Double]?
    {
        var turns = [question + JudgePrompt.alone]
        if let thoughts {
            turns = [question + JudgePrompt.think]
            let reply = try reply(
                to: turns, ["max_tokens": .integer(thoughts.tokens), "temperature": 0], input)
            guard let text = reply["choices"]?.array?.first?["message"]?["content"]?.string else {
                throw RewardError.unanswered(
                    input, why: "expected the text of an answer from \(client.endpoint), found none")
            }
            turns += [text, JudgePrompt.conclude]
        }
        let answer = try reply(
            to: turns, ["max_tokens": 1, "temperature": 1, "logprobs": true, "top_logprobs": 20], input)
        let first = answer["choices"]?.array?.first?["logprobs"]?["content"]?.array?.first
        guard let likeliest = first?["top_logprobs"]?.array else {
            throw RewardError.unanswered(
                input,
                why: "expected log-probabilities of the first token (top_logprobs) from \(client.endpoint), "
                    + "found an answer without")
        }
        var probabilities = [Double](repeating: 0, count: choices.count)
        for token in likeliest {
            let text = token["token"]?.string?.trimmingCharacters(in: .whitespaces)
            guard let place = choices.firstIndex(where: { $0 == text }), let value = token["logprob"]?.number,
                value.isFinite
            else { continue }
            probabilities[place] += exp(min(value, 0))
        }
        let total = probabilities.reduce(0, +)
        return total > 0 ? probabilities.map { $0 / total } : nil
    }

    /// What the server says to turns of who asks and the model.
    private func reply(to turns: [String], _ settings: JSONObject, _ input: RewardInput) throws -> JSONValue {
        let messages = turns.enumerated().map { turn, text -> JSONValue in
            ["role": turn % 2 == 0 ? "user" : "assistant", "content": .string(text)]
        }
        var body: JSONObject = ["model": .string(model), "messages": .array(messages)]
        for (name, value) in settings { body[name] = value }
        do {
            return try client.post("/chat/completions", .object(body))
        } catch let error as EndpointError {
            throw RewardError.unanswered(input, why: "\(error)")
        }
    }
}
