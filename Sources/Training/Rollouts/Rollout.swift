import Datasets
import JSON
import LanguageModels
import Models
import Rewards
import Torch

/// One response that a policy wrote, with everything measured on it. Arrays have one element per response token.
public struct Rollout: Codable, Sendable {
    /// The row of its data set that it stems from.
    public let row: Int
    public let prompt: PreparedPrompt
    public let response: [Int]
    public let finish: FinishReason
    /// The response as people read it, without special tokens.
    public let text: String
    /// Of each token under the policy that wrote the response.
    public var samplingLogProbabilities: [Float]
    /// What logits were divided by as it was drawn; nil where nobody recorded it.
    public var temperature: Double?

    /// Under the policy that is about to be trained.
    public var policyLogProbabilities: [Double] = []
    public var referenceLogProbabilities: [Double] = []
    /// The critic's prediction before each token.
    public var values: [Double] = []
    /// The reward of the whole response; nil where it could not be scored, which is not 0.
    public var score: Double?
    /// The reward of the policy's most probable response to the prompt, where the score is compared with that.
    public var greedyScore: Double?

    public init(
        row: Int, prompt: PreparedPrompt, response: [Int], samplingLogProbabilities: [Float],
        finish: FinishReason, text: String
    ) {
        self.row = row
        self.prompt = prompt
        self.response = response
        self.samplingLogProbabilities = samplingLogProbabilities
        self.finish = finish
        self.text = text
    }

    public var isFinished: Bool { finish == .stop }
    /// What a reward sees of it.
    /// - Parameter place: of the prompt's row, for messages.
    public func rewardInput(at place: Place?) -> RewardInput {
        RewardInput(
            prompt: prompt.text, text: text, isFinished: isFinished, tokenCount: response.count,
            columns: prompt.columns, place: place)
    }
    public var length: Int { prompt.tokens.count + response.count }

    /// log π − log π_ref, summed over the response.
    public var kl: Double {
        zip(policyLogProbabilities, referenceLogProbabilities).reduce(0) { $0 + $1.0 - $1.1 }
    }
}

extension Rollout {
    /// The row in `samples.jsonl`: what `sample` writes, with the score and the columns of the prompt's row. A run can be
    /// replayed from such rows.
    var members: JSONObject {
        let response: JSONValue = [
            "text": .string(text),
            "tokens": .array(response.map { .integer($0) }),
            "logprobs": .array(samplingLogProbabilities.map { .number(Double($0)) }),
            "finish": .string(finish.rawValue),
            "score": score.map { .number($0) } ?? .null,
        ]
        var members: JSONObject = [
            "prompt": prompt.text.json, "prompt_ids": .array(prompt.tokens.map { .integer($0) }),
            "responses": [response],
        ]
        if let temperature { members["sampler"] = ["temperature": .number(temperature)] }
        for (name, value) in prompt.columns { members[name] = value }
        return members
    }
}

/// Rollouts as one batch, with their responses' tokens counted, in order. Responses to one prompt that are side by side
/// share it.
public struct RolloutBatch {
    public let packed: PackedBatch
    public let counts: [Bool]

    public init(_ rollouts: [Rollout]) {
        let batch = ResponseBatch(rollouts.map { ($0.prompt.tokens, $0.response) })
        packed = batch.packed
        counts = batch.counts
    }

    /// Values of all counted tokens, split per rollout.
    public static func split(_ values: Tensor, like rollouts: [Rollout]) -> [[Double]] {
        var remaining = values.doubles()[...]
        return rollouts.map { rollout in
            defer { remaining = remaining.dropFirst(rollout.response.count) }
            return Array(remaining.prefix(rollout.response.count))
        }
    }
}
