// A reward model from comparisons: the Bradley–Terry likelihood of the judgments (Christiano et al., "Deep Reinforcement
// Learning from Human Preferences", 2017, equation 1; margins: Touvron et al., "Llama 2", 2023, equation 2; centring:
// Eisenstein et al., "Helping or Herding?", 2023, equation 2).
//
// The score is read at a sequence's last token, found by its length, never by a pad id.

import Datasets
import Foundation
import LanguageModels
import Torch

public enum RewardModeling {
    public struct Configuration: ConfigurationSection, Equatable {
        public enum Loss: String, Codable, Sendable, CaseIterable {
            case pairwise
        }

        public var loss = Loss.pairwise
        /// Weight of the term that keeps a pair's scores centred on zero.
        public var centerCoefficient: Double?

        public static let defaultLearningRate = 1e-4

        public init() {}

        public func validate() throws {
            try InvalidSetting.check(
                centerCoefficient ?? 0 >= 0, CodingKeys.centerCoefficient, expected: "a number of at least 0",
                found: centerCoefficient ?? 0)
        }

        public enum CodingKeys: String, CodingKey {
            case loss
            case centerCoefficient = "center_coefficient"
        }

        public static let synonyms: [String: ConfigurationSynonym] = [
            "center_rewards_coefficient": .name("center_coefficient"),
            "num_labels": .fixed(["1"], why: "a reward model has one score"),
        ]
    }

    /// The loss of one micro-batch, a scalar: `−log σ(chosen − rejected − margin) + c·(chosen + rejected)²`, averaged.
    /// - Parameters: scores and margins are [B].
    public static func loss(
        chosen: Tensor, rejected: Tensor, margins: Tensor, _ configuration: Configuration
    ) -> Tensor {
        let likelihood = -(chosen - rejected - margins).logSigmoid().mean()
        guard let coefficient = configuration.centerCoefficient else { return likelihood }
        return likelihood + (chosen + rejected).squared().mean() * coefficient
    }

    /// The likelihood of comparisons under a reward model.
    public struct Objective: RowObjective {
        let model: RewardModel
        let configuration: Configuration

        public init(model: RewardModel, configuration: Configuration) {
            self.model = model
            self.configuration = configuration
        }

        public func measure(
            _ batch: [TokenizedRewardComparison], in window: [[TokenizedRewardComparison]]
        ) -> Measurement {
            let packed = PackedBatch(sharing: batch.map(\.sharingItsBeginning))
            let scores = model.scores(of: packed).reshaped([-1, 2])
            let (chosen, rejected) = (
                scores.narrowed(1, 0..<1).squeezed(1), scores.narrowed(1, 1..<2).squeezed(1)
            )
            let margins = Tensor(batch.map { Float($0.margin ?? 0) }, on: model.device)
            let loss = RewardModeling.loss(
                chosen: chosen, rejected: rejected, margins: margins, configuration)
            return Measurement(
                loss: loss / Double(window.count),
                metrics: Metrics([
                    "accuracy": (chosen .> rejected).to(.float32).mean().item(),
                    "margin": (chosen - rejected).mean().item(),
                    "min_reward": scores.min().item(),
                    "mean_reward": scores.mean().item(),
                    "max_reward": scores.max().item(),
                ]),
                tokenCount: batch.reduce(0) { $0 + $1.chosen.count + $1.rejected.count })
        }
    }
}

extension TokenizedRewardComparison {
    /// What both sequences begin with, and what is left of each: at least its last token, where the score is read.
    var sharingItsBeginning: (prefix: [Int], continuations: [[Int]]) {
        let alike = zip(chosen.dropLast(), rejected.dropLast()).prefix { $0 == $1 }.count
        return (Array(chosen[..<alike]), [Array(chosen[alike...]), Array(rejected[alike...])])
    }
}
