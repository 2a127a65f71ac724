// Supervised fine-tuning: next-token likelihood on demonstrations (Ouyang et al., "Training language models to follow
// instructions with human feedback", 2022, section 3.5).
//
// The loss of a step is the sum over counted tokens divided by their number in the whole accumulation window, so that
// accumulation, packing and batch split change nothing. Dynamic fine-tuning (Wu et al., "On the Generalization of SFT",
// 2025, equation 9) weights each token by its own probability, with the same denominator.

import Datasets
import LanguageModels
import Torch

public enum SFT {
    public struct Configuration: ConfigurationSection, Equatable {
        public enum Loss: String, Codable, Sendable, CaseIterable {
            case likelihood = "nll"
            case dynamic = "dft"
        }

        public var loss = Loss.likelihood
        /// Whether only the completion counts; auto: where rows have one.
        public var completionOnly = CompletionOnly.auto
        /// Whether only what the assistant wrote counts, by the chat template.
        public var assistantOnly = false
        public var packing = PackingConfiguration()

        public static let defaultLearningRate = 2e-5

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case loss
            /// A section, whose keys stand beside the others.
            case packing = "documents"
            case completionOnly = "completion_only"
            case assistantOnly = "assistant_only"
        }

        public static let synonyms: [String: ConfigurationSynonym] = [
            "loss_type": .name("loss"),
            "completion_only_loss": .name(
                "completion_only", values: ["true": "on", "false": "off", "null": "auto"]),
            "assistant_only_loss": .name("assistant_only"),
        ]
    }

    /// The loss of one micro-batch, a scalar.
    /// - Parameters:
    ///   - logProbabilities: of the counted tokens, [C].
    ///   - windowCount: counted tokens of the whole accumulation window.
    public static func loss(_ logProbabilities: Tensor, windowCount: Int, _ kind: Configuration.Loss)
        -> Tensor
    {
        let tokenLosses =
            switch kind {
            case .likelihood: -logProbabilities
            case .dynamic: -logProbabilities * logProbabilities.detached().exp()
            }
        return tokenLosses.sum() / Double(windowCount)
    }

    /// Likelihood of the counted tokens of packed rows.
    public struct Objective: RowObjective {
        let model: LanguageModel
        let loss: Configuration.Loss

        public init(model: LanguageModel, loss: Configuration.Loss) {
            self.model = model
            self.loss = loss
        }

        public func measure(_ batch: [PackedSequence], in window: [[PackedSequence]]) -> Measurement {
            let packed = PackedBatch(batch)
            let scores = model.tokenScores(of: packed, counts: batch.flatMap(\.counts))
            let windowCount = window.joined().reduce(0) { $0 + $1.countedTokens }
            return Measurement(
                loss: SFT.loss(scores.logProbabilities, windowCount: windowCount, loss),
                metrics: Metrics([
                    "entropy": scores.entropies.mean().item(),
                    "mean_token_accuracy": scores.isTop.to(.float32).mean().item(),
                ]),
                tokenCount: packed.tokens.count, weight: batch.reduce(0) { $0 + $1.countedTokens })
        }
    }
}

extension PackedBatch {
    /// Rows that may hold several documents each: every document attends to itself only.
    init(_ rows: [PackedSequence]) {
        self.init(tokens: rows.flatMap(\.tokens), lengths: rows.flatMap(\.documentLengths))
    }
}
