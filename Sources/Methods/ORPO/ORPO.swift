// Odds ratio preference optimisation: fine-tuning and preferences in one, without a reference (Hong et al., "ORPO: Monolithic
// Preference Optimization without Reference Model", 2024, equations 6 and 7).
//
//   loss = NLL(chosen) − β·log σ(log odds(chosen) − log odds(rejected)),  odds = p / (1 − p),  log p = A
//
// A is the mean log-probability of the response's tokens. As in TRL, the likelihood is of prompt and chosen response together,
// averaged over the tokens of the micro-batch, β is the paper's λ, and sequences begin and end with the special tokens.
import Datasets
import LanguageModels
import Settings
import Torch
import Training

public enum ORPO: ComparisonMethod {
    public static let name = "orpo"
    public static let title = "odds ratio preference optimisation"
    public static let defaultLearningRate = 1e-6
    public static let adapterLearningRate = 1e-5
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "The likelihood term (nll_loss) should fall as in fine-tuning, while chosen answers become likelier than rejected "
            + "ones. Where it rises, the preferences are bought with the ability to answer: lower beta.",
        shown: ["logps/chosen", "logps/rejected", "rewards/accuracies"],
        curves: [
            .init("Loss and its likelihood term", unit: "nats per token", ["loss", "nll_loss", "eval_loss"]),
            .init(
                "Log-odds of chosen over rejected answers", unit: "nats", ["log_odds_chosen"], baseline: 0),
            .comparisonsOrderedCorrectly, .logProbabilitiesPerToken,
        ])

    public struct Configuration: ComparisonConfiguration, Equatable {
        /// Weight of the odds ratio beside the likelihood.
        public var beta = 0.1
        public var rounds = PreferenceRounds()

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case beta
            /// A section, whose keys are at the same level as the others.
            case rounds = "online"
        }

        public static let ranges: [String: SettingRange] = ["beta": .above(0)]

        public static let synonyms: [String: ConfigurationSynonym] = [
            "padding_value": .ignored,
            "generate_during_eval": .fixed(["false"], why: "evaluation measures given answers"),
            "is_encoder_decoder": .fixed(["null", "false"], why: "models are decoders"),
        ]
    }

    /// log odds(chosen) − log odds(rejected), [B].
    ///
    /// - Parameter averages: mean log-probabilities per token, at most 0.
    public static func logOddsRatio(_ averages: Pair<Tensor>) -> Tensor {
        averages.map { $0 - logOneMinusExp($0) }.margin
    }

    /// log(1 − exp x) for x < 0. A response that is certain, x = 0, counts as almost so: its odds would be infinite.
    private static func logOneMinusExp(_ x: Tensor) -> Tensor {
        (-Tensor.minimum(x, -1e-6).expm1()).log()
    }

    /// Likelihood and odds of comparisons under a policy.
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
            let tokens = model.tokenLikelihoods(
                of: pairs.packed, counts: Array(repeating: true, count: pairs.packed.tokens.count))
            let sides = pairs.sides(of: tokens)
            let likelihood = tokens.logProbabilities.maskedMean(over: 1 - sides.rejected)
            let averages = pairs.split(tokens.averagedPerSequence(tokens.logProbabilities))
            let logOddsRatio = ORPO.logOddsRatio(averages)
            let logistic = SoftLabels.expected(
                pairs.preferences(on: model.device), logOddsRatio, swapped: -logOddsRatio
            ) { $0.logSigmoid() }
            let metrics = Metrics([
                "nll_loss": -likelihood.item(), "log_odds_ratio": logistic.mean().item(),
                "log_odds_chosen": logOddsRatio.mean().item(),
            ])
            return MeasuredLoss(
                loss: (-likelihood - logistic.mean() * configuration.beta) / Double(window.count),
                metrics: metrics.following(
                    Metrics(
                        rewards: averages * configuration.beta, logProbabilities: averages, scores: tokens,
                        pairs: pairs)),
                tokenCount: pairs.tokenCount)
        }
    }
}

// MARK: - The verb

extension ORPO {
    public static func trainOnRows(
        _ settings: TrainingSettings<ORPO>, context: RunContext
    ) throws -> TrainingResult {
        try ComparisonTraining(settings, framesSequences: true, context: context).run {
            Objective(model: $0, configuration: settings.method)
        }
    }
}
