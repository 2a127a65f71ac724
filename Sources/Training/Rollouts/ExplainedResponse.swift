import Files
import Foundation
import Runs

/// What one response was worth, token by token: a row of a run's `explained.jsonl`. Arrays have one element per token.
public struct ExplainedResponse: Codable, Hashable, Sendable {
    /// The step that learned from it; nil until it is written.
    public var step: Int?
    public let prompt: String
    /// By the rewards, before penalties and normalisation.
    public let score: Double
    /// As people read them, special tokens too. One that only begins a character is empty.
    public let tokens: [String]
    /// What was paid for each: the score at the last, less the penalties.
    public let rewards: [Double]
    /// log π − log π_ref, in nats.
    public let kl: [Double]
    /// What the critic expected before each.
    public let values: [Double]
    /// By which each is made more or less likely.
    public let advantages: [Double]

    public init(
        prompt: String, score: Double, tokens: [String], rewards: [Double], kl: [Double], values: [Double],
        advantages: [Double]
    ) {
        self.prompt = prompt
        self.score = score
        self.tokens = tokens
        self.rewards = rewards
        self.kl = kl
        self.values = values
        self.advantages = advantages
    }

    private enum CodingKeys: String, CodingKey {
        case step, prompt, score, tokens, rewards, kl, values, advantages
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let tokens = try container.decode([String].self, forKey: .tokens)
        func numbers(_ key: CodingKeys) throws -> [Double] {
            let numbers = try container.decode([Double].self, forKey: key)
            guard numbers.count == tokens.count else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription: "\(numbers.count) numbers for \(tokens.count) tokens")
            }
            return numbers
        }
        self.init(
            prompt: try container.decode(String.self, forKey: .prompt),
            score: try container.decode(Double.self, forKey: .score), tokens: tokens,
            rewards: try numbers(.rewards), kl: try numbers(.kl), values: try numbers(.values),
            advantages: try numbers(.advantages))
        step = try container.decodeIfPresent(Int.self, forKey: .step)
    }

    /// Those of a run, in their order; none where it explained none.
    /// - Throws: `MalformedFile` naming what is wrong.
    public static func read(run: URL) throws -> [ExplainedResponse] {
        let file = RunFolder.explanations(in: run)
        guard FileSystem.exists(file) else { return [] }
        return try StepLog.read(file).enumerated().map { index, row in
            let response = try? JSONDecoder().decode(ExplainedResponse.self, from: Data(row.text().utf8))
            guard let response else {
                throw MalformedFile(
                    file, key: "row \(index + 1)",
                    expected: "an explained response, with as many numbers as tokens", found: "something else"
                )
            }
            return response
        }
    }
}
