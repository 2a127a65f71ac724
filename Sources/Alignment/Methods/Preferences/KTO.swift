// Kahneman–Tversky optimisation: single answers with a thumb up or down (Ethayarajh et al., "KTO: Model Alignment as Prospect
// Theoretic Optimization", 2024, equations 7 and 8).
//
// With x = log π/π_ref of an answer, desirable ones cost λ_D·(1 − σ(β(x − z))), undesirable ones λ_U·(1 − σ(β(z − x))). The
// baseline z ≥ 0 estimates KL(π ‖ π_ref), without gradient: the mean log-ratio of mismatched answers, each behind the prompt
// of its neighbour.
//
//   * `kto` takes z over the whole effective batch, so that it does not depend on how the batch is cut into passes, and
//     averages the loss over its rows; a pass of one row is right.
//   * `kto_micro_batch` is TRL's reading: mismatched within each micro-batch, z and the mean over it alone. With one pass a
//     step both are the same.
//   * Answers are mismatched in the order of the file, once, and travel with their rows through every shuffle. A row that
//     has no neighbour in its group takes the answer of the row before it; never its own, which TRL gives it.
//   * `apo_zero_unpaired` has no z (APO.swift).

import Datasets
import LanguageModels
import Torch

public enum KTO {
    /// What the two kinds of answers count.
    public struct Weights: ConfigurationSection, Equatable {
        public var desirable = 1.0
        public var undesirable = 1.0

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case desirable = "desirable_weight"
            case undesirable = "undesirable_weight"
        }

        public func validate() throws {
            for (key, weight) in [(CodingKeys.desirable, desirable), (.undesirable, undesirable)] {
                try InvalidSetting.check(weight >= 0, key, expected: "a number of at least 0", found: weight)
            }
        }
    }

    public struct Configuration: ConfigurationSection, Equatable {
        public enum Loss: String, Codable, Sendable, CaseIterable {
            case kto
            case microBatch = "kto_micro_batch"
            case apoZeroUnpaired = "apo_zero_unpaired"
        }

        public var loss = Loss.kto
        /// How strongly the policy is held to the reference.
        public var beta = 0.1
        /// The reference policy; nil: the policy as it was before training.
        public var reference: String?
        /// Whether the reference's log-probabilities are measured before training, and kept for later runs.
        public var precomputesReference = false
        public var weights = Weights()

        public static let defaultLearningRate = 1e-6

        public init() {}

        public func validate() throws {
            try InvalidSetting.check(beta > 0, CodingKeys.beta, expected: "a number above 0", found: beta)
        }

        public enum CodingKeys: String, CodingKey {
            case loss, beta, reference, weights
            case precomputesReference = "precompute_reference"
        }

        /// TRL's `kto` measures z by micro-batches: its files get its numbers.
        public static let synonyms: [String: ConfigurationSynonym] = [
            "loss_type": .name("loss", values: ["kto": Loss.microBatch.rawValue]),
            "ref_model": .name("reference"), "ref_model_name_or_path": .name("reference"),
            "precompute_ref_log_probs": .name("precompute_reference"),
            "precompute_ref_batch_size": .ignored,
        ]
    }

    /// The loss of each answer, weighted, [B].
    ///
    /// - Parameters:
    ///   - ratios: log π − log π_ref, [B].
    ///   - isDesirable: 1 or 0, [B].
    ///   - baseline: z.
    public static func losses(
        _ ratios: Tensor, isDesirable: Tensor, baseline: Double, _ configuration: Configuration
    ) -> Tensor {
        let rewards =
            (configuration.loss == .apoZeroUnpaired ? ratios : ratios - baseline) * configuration.beta
        let desirable = APO.liked(rewards) * configuration.weights.desirable
        let undesirable = APO.disliked(rewards) * configuration.weights.undesirable
        return desirable * isDesirable + undesirable * (1 - isDesirable)
    }

    /// A judged answer, and the answer of another row behind the same prompt.
    public struct Example: PromptedRow {
        public let row: TokenizedUnpaired
        /// Empty where z is not asked for, or there is no other row.
        public let mismatched: [Int]

        public var family: (prefix: [Int], continuations: [[Int]]) {
            (row.prompt, [row.completion, mismatched])
        }

        /// Rows with the answers of their neighbours: in each group the row before, for the first the last.
        ///
        /// - Parameters:
        ///   - groupSize: rows whose answers change places.
        ///   - maximumLength: of prompt and answer together.
        public static func mismatching(
            _ rows: [TokenizedUnpaired], groupSize: Int, maximumLength: Int?
        ) -> [Example] {
            rows.indices.map { index in
                let start = index - index % groupSize
                let end = min(start + groupSize, rows.count)
                var other = index > start ? index - 1 : end - 1
                if other == index { other = (index + rows.count - 1) % rows.count }
                guard other != index else { return Example(row: rows[index], mismatched: []) }
                let room = (maximumLength ?? .max) - rows[index].prompt.count
                let answer = rows[other].completion + rows[other].cutOff
                return Example(row: rows[index], mismatched: Array(answer.prefix(room)))
            }
        }
    }
}
