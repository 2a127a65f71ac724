import Datasets
import LanguageModels
import Tokenization
import Torch

/// A prompt ready to be answered.
public struct PreparedPrompt: Sendable {
    public let text: Text
    public let tokens: [Int]

    public init(text: Text, tokens: [Int]) {
        self.text = text
        self.tokens = tokens
    }
}

/// A response sampled while training, as `samples.jsonl` keeps it.
public struct SampledResponse: Sendable {
    public let prompt: Text
    public let rollout: Rollout
}

/// Samples responses and measures on them what reinforcement needs.
public final class RolloutCollector {
    private let model: LanguageModel
    private let reference: ReferencePolicy
    private let rewards: any RewardSource
    private let tokenizer: Tokenizer
    private let prompts: [PreparedPrompt]
    private let temperature: Double
    private let maximumNewTokens: Int
    private let stopTokens: Set<Int>
    private let batchSize: Int

    public init(
        model: LanguageModel, reference: ReferencePolicy, rewards: any RewardSource, tokenizer: Tokenizer,
        prompts: [PreparedPrompt], temperature: Double, maximumNewTokens: Int, stopTokens: Set<Int>,
        batchSize: Int
    ) {
        self.model = model
        self.reference = reference
        self.rewards = rewards
        self.tokenizer = tokenizer
        self.prompts = prompts
        self.temperature = temperature
        self.maximumNewTokens = maximumNewTokens
        self.stopTokens = stopTokens
        self.batchSize = batchSize
    }

    /// One response to each of the prompts `rows`, with log-probabilities of policy and reference, values and scores.
    public func collect(prompts rows: [Int], seed: UInt64, valueHead: ValueHead) throws -> [Rollout] {
        var rollouts = try sample(rows, seed: seed)
        measure(&rollouts, valueHead: valueHead)
        let scores = try rewards.scores(
            of: rollouts.map { RewardedResponse(prompt: prompts[$0.promptRow].text, text: $0.text) })
        for (index, score) in scores.enumerated() { rollouts[index].score = score }
        return rollouts
    }

    public func sample(of rollout: Rollout) -> SampledResponse {
        SampledResponse(prompt: prompts[rollout.promptRow].text, rollout: rollout)
    }

    private func sample(_ rows: [Int], seed: UInt64) throws -> [Rollout] {
        let options = GenerationOptions(
            sampling: SamplingParameters(temperature: temperature), maximumNewTokens: maximumNewTokens,
            stopTokens: stopTokens, seed: seed)
        let requests = rows.enumerated().map {
            GenerationRequest(prompt: prompts[$0.element].tokens, id: UInt64($0.offset))
        }
        return zip(rows, try model.generate(requests, options: options)).map { row, answer in
            Rollout(
                promptRow: row, prompt: prompts[row].tokens, answer: answer,
                text: tokenizer.decode(answer.tokens, skippingSpecialTokens: true))
        }
    }

    /// Scores all responses under policy and reference, in batches of similar length.
    private func measure(_ rollouts: inout [Rollout], valueHead: ValueHead) {
        let byLength = rollouts.indices.sorted { (rollouts[$0].length, $0) < (rollouts[$1].length, $1) }
        for indices in byLength.chunked(batchSize) {
            let part = indices.map { rollouts[$0] }
            let batch = RolloutBatch(part)
            let (policy, values) = withoutGradients {
                let scores = model.tokenScores(
                    of: batch.packed, counts: batch.counts, temperature: temperature)
                return (
                    RolloutBatch.split(scores.logProbabilities, like: part),
                    RolloutBatch.split(valueHead(scores.hiddenStates), like: part)
                )
            }
            let reference = RolloutBatch.split(
                reference.tokenScores(
                    of: batch.packed, counts: batch.counts, temperature: temperature, policy: model
                ).logProbabilities, like: part)
            for (position, index) in indices.enumerated() {
                rollouts[index].policyLogProbabilities = policy[position]
                rollouts[index].values = values[position]
                rollouts[index].referenceLogProbabilities = reference[position]
            }
        }
    }
}
