// Sequence likelihood calibration (Zhao et al., "SLiC-HF: Sequence Likelihood Calibration with Human Feedback", 2023,
// equation 1, its rank loss with the chosen answer as regularisation target): a method as somebody else would add it.
//
//   loss = max(0, δ − log p(chosen) + log p(rejected)) − λ·mean log p(token of chosen)
import Datasets
import LanguageModels
import Settings
import Torch
import Training

enum SLiC: ComparisonMethod {
    static let name = "slic"
    static let title = "sequence likelihood calibration"
    static let defaultLearningRate = 1e-5
    static let defaults = Configuration()
    static let guide = TrainingGuide(
        "Pairs whose margin exceeds delta teach nothing more.", shown: ["rewards/accuracies"],
        curves: [
            .init("Pairs within the margin", unit: "share", ["within_margin"]), .comparisonsOrderedCorrectly,
        ])

    struct Configuration: ComparisonConfiguration, Equatable {
        /// δ, the margin that is asked for, in nats.
        var delta = 1.0
        /// λ, the weight of the likelihood.
        var likelihoodWeight = 0.1
        var rounds = PreferenceRounds()

        enum CodingKeys: String, CodingKey {
            case delta
            case likelihoodWeight = "lambda"
            case rounds = "online"
        }

        func validate() throws {
            try InvalidSetting.check(
                delta > 0, CodingKeys.delta, expected: "a number above 0", found: delta)
        }
    }

    struct Objective: RowObjective {
        let model: LanguageModel
        let configuration: Configuration

        func measure(_ batch: [TokenizedComparison], in window: [[TokenizedComparison]]) -> MeasuredLoss {
            let pairs = ComparisonBatch(batch)
            let tokens = model.tokenLikelihoods(of: pairs.packed, counts: pairs.counts)
            let sums = pairs.split(tokens.summedPerSequence(tokens.logProbabilities))
            let shortfall = Tensor.maximum(configuration.delta - sums.margin, 0)
            let likelihood = tokens.logProbabilities.maskedMean(over: pairs.sides(of: tokens).chosen)
            return MeasuredLoss(
                loss: (shortfall.mean() - likelihood * configuration.likelihoodWeight)
                    / Double(window.count),
                metrics: Metrics(["within_margin": (shortfall .> 0).to(.float32).mean().item()]).following(
                    Metrics(rewards: sums, logProbabilities: sums, scores: tokens, pairs: pairs)),
                tokenCount: pairs.tokenCount)
        }
    }

    static func trainOnRows(
        _ settings: TrainingSettings<SLiC>, context: RunContext
    ) throws -> TrainingResult {
        try ComparisonTraining(settings, context: context).run {
            Objective(model: $0, configuration: settings.method)
        }
    }
}
