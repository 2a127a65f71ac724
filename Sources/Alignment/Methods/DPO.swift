// Direct preference optimisation: preferences without a reward model (Rafailov et al., "Direct Preference Optimization:
// Your Language Model is Secretly a Reward Model", 2023, equation 7).
//
// Log-probabilities are sums over the response's tokens. The loss of a micro-batch is the mean over its pairs; with
// accumulation the micro-batches' means are averaged, as in TRL. A falling `rewards/chosen` is expected: the loss only asks
// that chosen responses fall less than rejected ones.

import Datasets
import Foundation
import LanguageModels
import Torch

public enum DPO {
    public struct Configuration: ConfigurationSection, Equatable {
        public enum Loss: String, Codable, Sendable, CaseIterable {
            case sigmoid
        }

        public var loss = Loss.sigmoid
        /// How strongly the policy is held to the reference.
        public var beta = 0.1
        /// The reference policy; nil: the policy as it was before training.
        public var reference: String?

        public static let defaultLearningRate = 1e-6

        public init() {}

        public func validate() throws {
            try InvalidSetting.check(beta > 0, CodingKeys.beta, expected: "a number above 0", found: beta)
        }

        public enum CodingKeys: String, CodingKey {
            case loss, beta, reference
        }

        public static let synonyms: [String: ConfigurationSynonym] = [
            "loss_type": .name("loss"),
            "ref_model": .name("reference"),
            "ref_model_name_or_path": .name("reference"),
        ]
    }

    /// The policy's log-probability minus the reference's, summed over the response: [B] each.
    public struct LogRatios {
        public let chosen: Tensor
        public let rejected: Tensor
    }

    /// The loss of one micro-batch, a scalar.
    public static func loss(_ ratios: LogRatios, _ configuration: Configuration) -> Tensor {
        let margin = (ratios.chosen - ratios.rejected) * configuration.beta
        switch configuration.loss {
        case .sigmoid: return -margin.logSigmoid().mean()
        }
    }

    /// The loss of comparisons under a policy and its reference.
    public struct Objective: RowObjective {
        let model: LanguageModel
        let reference: ReferencePolicy
        let configuration: Configuration

        public init(model: LanguageModel, reference: ReferencePolicy, configuration: Configuration) {
            self.model = model
            self.reference = reference
            self.configuration = configuration
        }

        public func measure(_ batch: [TokenizedComparison], in window: [[TokenizedComparison]]) -> Measurement
        {
            let pairs = ComparisonBatch(batch)
            let scores = model.tokenScores(of: pairs.packed, counts: pairs.counts)
            let policy = pairs.split(scores.summedPerSequence(scores.logProbabilities))
            let referenceScores = reference.tokenScores(of: pairs.packed, counts: pairs.counts, policy: model)
            let reference = pairs.split(referenceScores.summedPerSequence(referenceScores.logProbabilities))
            let ratios = LogRatios(
                chosen: policy.chosen - reference.chosen, rejected: policy.rejected - reference.rejected)
            return Measurement(
                loss: DPO.loss(ratios, configuration) / Double(window.count),
                metrics: metrics(ratios, policy, scores, pairs), tokenCount: pairs.tokenCount)
        }

        private func metrics(
            _ ratios: LogRatios, _ policy: (chosen: Tensor, rejected: Tensor), _ scores: TokenScores,
            _ pairs: ComparisonBatch
        ) -> Metrics {
            let (chosen, rejected) = (
                ratios.chosen * configuration.beta, ratios.rejected * configuration.beta
            )
            let isChosen = Tensor(scores.sequences.map(pairs.isChosen), on: model.device)
            let mean = { (values: Tensor, side: Tensor) in
                let weights = side.to(.float32)
                return ((values.to(.float32) * weights).sum() / weights.sum()).item()
            }
            return Metrics([
                "entropy": scores.entropies.mean().item(),
                "mean_token_accuracy": mean(scores.isTop, isChosen),
                "rewards/chosen": chosen.mean().item(),
                "rewards/rejected": rejected.mean().item(),
                "rewards/accuracies": (chosen .> rejected).to(.float32).mean().item(),
                "rewards/margins": (chosen - rejected).mean().item(),
                "logps/chosen": policy.chosen.mean().item(),
                "logps/rejected": policy.rejected.mean().item(),
                "logits/chosen": mean(scores.meanLogits, isChosen),
                "logits/rejected": mean(scores.meanLogits, !isChosen),
            ])
        }
    }
}

/// Pairs of responses as one batch: of every pair the prompt, which both responses continue, the chosen one, the rejected one.
struct ComparisonBatch {
    let packed: PackedBatch
    /// True for the responses' tokens.
    let counts: [Bool]
    /// Tokens of both sequences of every pair, each with its prompt.
    let tokenCount: Int

    init(_ pairs: [TokenizedComparison]) {
        packed = PackedBatch(sharing: pairs.map { ($0.prompt, [$0.chosen, $0.rejected]) })
        counts = pairs.flatMap { pair in
            pair.prompt.map { _ in false } + (pair.chosen + pair.rejected).map { _ in true }
        }
        tokenCount = pairs.reduce(0) { $0 + 2 * $1.prompt.count + $1.chosen.count + $1.rejected.count }
    }

    func isChosen(sequence: Int) -> Bool { sequence % 3 == 1 }

    /// Values per sequence [3B] as chosen and rejected, [B] each.
    func split(_ values: Tensor) -> (chosen: Tensor, rejected: Tensor) {
        let sequences = values.reshaped([-1, 3])
        return (sequences.narrowed(1, 1..<2).squeezed(1), sequences.narrowed(1, 2..<3).squeezed(1))
    }
}
