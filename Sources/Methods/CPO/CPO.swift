// Contrastive preference optimisation and its relatives: losses on comparisons without a reference.
//
//   sigmoid  −log σ(β(S_c − S_r))            Xu et al., "Contrastive Preference Optimization", 2024, equation 3
//   hinge    max(0, 1 − β(S_c − S_r))        SLiC (HingeLoss.swift)
//   ipo      (A_c − A_r − 1/(2β))²           IPO.swift
//   simpo    −log σ(β(A_c − A_r) − γ)        Meng et al., "SimPO", 2024, equation 6
//   alphapo  −log σ(β(R_c − R_r) − γ)        Gupta et al., "AlphaPO", 2025: R = (1 − exp(−α·A)) / α
//
// S and A are the sum and the mean of the response's log-probabilities. `sft_weight` (TRL's `cpo_alpha`) adds the likelihood
// of chosen responses per token of the micro-batch: CPO's behaviour cloning; SimPO has none and AlphaPO never. `label_smoothing`
// gives the sigmoids both sides. As in TRL, α bends the other losses' S or A too, and sequences begin and end with the
// special tokens.
import Datasets
import LanguageModels
import Settings
import Torch
import Training

public enum CPO: ComparisonMethod {
    public static let name = "cpo"
    public static let title = "contrastive preference optimisation"
    public static let defaultLearningRate = 1e-6
    public static let adapterLearningRate = 1e-5
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "The chosen answers' margin over the rejected ones should grow. Without a reference nothing holds the policy to its "
            + "start: where chosen answers become less likely too, raise the weight of their likelihood (sft_weight).",
        shown: ["logps/chosen", "logps/rejected", "rewards/accuracies"],
        curves: [
            .init("Loss", unit: "nats", ["loss", "eval_loss"]), .comparisonsOrderedCorrectly,
            .init(
                "Log-probabilities of the answers", unit: "nats", ["logps/chosen", "logps/rejected"]),
            .init("Likelihood term", unit: "nats per token", ["nll_loss"]),
        ])

    /// The reward that SimPO and AlphaPO compare.
    public struct Shape: ConfigurationSection, Equatable {
        /// γ, by how much the chosen response should win.
        public var margin = 0.5
        /// α, how rewards bend; 0: they are the log-probabilities.
        public var alpha = 0.0

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case margin = "simpo_gamma"
            case alpha
        }

        /// - Parameter logProbabilities: [B].
        func rewards(_ logProbabilities: Tensor) -> Tensor {
            guard alpha != 0 else { return logProbabilities }
            return (1 - (logProbabilities * -alpha).boundedExp()) / alpha
        }
    }

    public struct Configuration: ComparisonConfiguration, Equatable {
        public enum Loss: String, Codable, Sendable, CaseIterable {
            case sigmoid, hinge, ipo, simpo, alphapo

            /// Whether responses are measured by the mean of their tokens, not the sum.
            var averages: Bool { self != .sigmoid && self != .hinge }
            var hasMargin: Bool { self == .simpo || self == .alphapo }
            var smooths: Bool { self == .sigmoid || hasMargin }
        }

        public var loss = Loss.sigmoid
        public var beta = 0.1
        /// ε, the share of comparisons that are the wrong way round.
        public var labelSmoothing = 0.0
        /// Weight of the likelihood of chosen responses.
        public var sftWeight = 1.0
        public var shape = Shape()
        public var rounds = PreferenceRounds()

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case loss, beta, shape
            /// A section, whose keys are at the same level as the others.
            case rounds = "online"
            case labelSmoothing = "label_smoothing"
            case sftWeight = "sft_weight"
        }

        public static let synonyms: [String: ConfigurationSynonym] = [
            "loss_type": .name("loss"), "cpo_alpha": .name("sft_weight"),
            "padding_value": .ignored,
            "generate_during_eval": .fixed(["false"], why: "evaluation measures given answers"),
            "is_encoder_decoder": .fixed(["null", "false"], why: "models are decoders"),
        ]

        public static let ranges: [String: SettingRange] = [
            "beta": .above(0), "label_smoothing": .errorRate, "sft_weight": .atLeast(0),
        ]

        public static let needs: [String: SettingNeed] = [
            "simpo_gamma": .choice("loss", of: Loss.allCases.filter(\.hasMargin)),
            "label_smoothing": .choice("loss", of: Loss.allCases.filter(\.smooths)),
            "sft_weight": .choice("loss", of: Loss.allCases.filter { $0 != .alphapo }),
        ]

        /// Weight of the likelihood as it counts.
        var likelihoodWeight: Double { loss == .alphapo ? 0 : sftWeight }
    }

    /// One loss a pair, [B].
    ///
    /// - Parameter rewards: S or A of the responses, bent by α.
    public static func losses(_ rewards: Pair<Tensor>, _ configuration: Configuration) -> Tensor {
        let x = rewards.margin * configuration.beta
        switch configuration.loss {
        case .sigmoid: return LogisticLoss.smoothed(x, configuration.labelSmoothing)
        case .simpo, .alphapo:
            return LogisticLoss.smoothed(x - configuration.shape.margin, configuration.labelSmoothing)
        case .hinge: return HingeLoss.loss(x)
        case .ipo: return IPO.loss(rewards.margin, beta: configuration.beta)
        }
    }

    /// Comparisons under a policy alone.
    public struct Objective: RowObjective {
        let model: LanguageModel
        let configuration: Configuration

        public init(model: LanguageModel, configuration: Configuration) {
            self.model = model
            self.configuration = configuration
        }

        public func measure(
            _ batch: [TokenizedComparison], in window: [[TokenizedComparison]]
        ) -> MeasuredLoss {
            let pairs = ComparisonBatch(batch)
            let tokens = model.tokenLikelihoods(of: pairs.packed, counts: pairs.counts)
            let logProbabilities = pairs.split(
                configuration.loss.averages
                    ? tokens.averagedPerSequence(tokens.logProbabilities)
                    : tokens.summedPerSequence(tokens.logProbabilities))
            let rewards = logProbabilities.map(configuration.shape.rewards)
            var loss = SoftLabels.expected(
                pairs.preferences(on: model.device), rewards, swapped: rewards.swapped
            ) { CPO.losses($0, configuration) }.mean()
            var likelihoodLoss = 0.0
            if configuration.likelihoodWeight != 0 {
                let negative = -tokens.logProbabilities.maskedMean(over: pairs.sides(of: tokens).chosen)
                loss = loss + negative * configuration.likelihoodWeight
                likelihoodLoss = negative.item()
            }
            return MeasuredLoss(
                loss: loss / Double(window.count),
                metrics: Metrics(["nll_loss": likelihoodLoss]).following(
                    Metrics(
                        rewards: rewards * configuration.beta, logProbabilities: logProbabilities,
                        scores: tokens, pairs: pairs)),
                tokenCount: pairs.tokenCount)
        }
    }
}

// MARK: - The verb

extension CPO {
    public static func trainOnRows(
        _ settings: TrainingSettings<CPO>, context: RunContext
    ) throws -> TrainingResult {
        try ComparisonTraining(settings, framesSequences: true, context: context).run {
            Objective(model: $0, configuration: settings.method)
        }
    }
}
