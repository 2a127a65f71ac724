// A reward model from what people say about answers: the likelihood of their judgments under its scores (Christiano et al.,
// "Deep Reinforcement Learning from Human Preferences", 2017, equation 1). Every row is learned by the likelihood of its own
// shape, all of them on one scale of scores: comparisons and rankings, marks, thumbs (Likelihoods/).
//
// Centring: Eisenstein et al., "Helping or Herding?", 2023, equation 2. The score is read at a sequence's last token, found by
// its length, never by a pad id. Deviation: a judgment's row counts once whatever its number of answers, so a ranking of K is
// one Plackett–Luce term and not K(K−1)/2 comparisons, which are no independent judgments; `pairwise` makes the comparisons.
import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import Runs
import Settings
import Torch
import Training

public enum RewardModeling: TrainingMethod {
    public static let name = "reward"
    public static let title = "reward model"
    public static let defaultLearningRate = 1e-4
    /// TRL's rate for whole models is what its own examples give adapters.
    public static let adapterLearningRate = 1e-4
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "Accuracy on comparisons that it was not trained on (eval_) is what counts; where the training curve rises "
            + "and that one falls, it overfits.",
        shown: ["loss", "accuracy", "margin"],
        curves: [
            .init("Loss (a coin: 0.693)", unit: "nats", ["loss", "eval_loss"]),
            .init(
                "Comparisons ordered correctly", unit: "share", ["accuracy", "eval_accuracy"], baseline: 0.5),
            .init("Margin between the answers", unit: "score", ["margin", "eval_margin"]),
        ])

    public struct Configuration: ConfigurationSection, Equatable {
        /// By which likelihoods rows are learned.
        public enum Loss: String, Codable, Sendable, CaseIterable {
            /// Comparisons; a ranking counts as all comparisons that it implies.
            case pairwise
            /// Comparisons and whole rankings.
            case ranking
            /// Thumbs.
            case binary
            /// Marks on scales.
            case rating
            /// Every row by the likelihood of its shape.
            case automatic = "auto"

            var schemas: [DatasetSchema] {
                switch self {
                case .pairwise, .ranking: [.comparison, .ranked]
                case .binary: [.unpaired]
                case .rating: [.rated]
                case .automatic: JudgmentRow.schemas
                }
            }
        }

        public var loss = Loss.automatic
        /// Weight of the term that keeps the scores of answers to one prompt centred on zero; nil: 0.01 in an ensemble, whose
        /// members could not be averaged otherwise, and none in a single model.
        public var centerCoefficient: Double?
        /// The aspects that get a score of their own; a row that names none is about the first. Empty: one score.
        public var aspects: [String] = []
        /// Whose judgments get heads of their own; nil: nobody's.
        public var groups: GroupColumn?
        /// How closely groups are held to the shared model: 1 / (expected deviation of their scores)².
        public var groupShrinkage = 1.0
        /// Reward models that are trained side by side.
        public var ensemble = 1
        /// Whether each annotator's rate of errors is estimated where several judged the same, and smooths their labels.
        public var estimatesErrors = false
        /// Rows of responses, as `heed sample` writes them, over which scores are to have mean 0 and deviation 1.
        public var normalize: [String] = []

        public init() {}

        public static let ranges: [String: SettingRange] = [
            "center_coefficient": .atLeast(0), "group_shrinkage": .atLeast(0),
            "ensemble": .within(1...1000),
        ]

        public static let needs: [String: SettingNeed] = ["group_shrinkage": .beside("groups")]

        public func validate() throws {
            try InvalidSetting.check(
                Set(aspects).count == aspects.count, CodingKeys.aspects, expected: "each aspect once",
                found: aspects.joined(separator: ", "))
        }

        public enum CodingKeys: String, CodingKey {
            case loss, aspects, groups, ensemble, normalize
            case centerCoefficient = "center_coefficient"
            case groupShrinkage = "group_shrinkage"
            case estimatesErrors = "annotator_noise"
        }

        public static let synonyms: [String: ConfigurationSynonym] = [
            "center_rewards_coefficient": .name("center_coefficient"),
            "activation_offloading": .ignored, "pad_token": .ignored,
            "chat_template_path": .fixed(["null"], why: "the model's own template is used"),
            "eos_token": .fixed(["null"], why: "the tokenizer's own end is used"),
            "num_labels": .fixed(["1"], why: "one score per aspect: name them with aspects"),
        ]

        var centering: Double? { centerCoefficient ?? (ensemble > 1 ? 0.01 : nil) }
    }

    /// The likelihood of judgments under a reward model, with what it learns besides: parameters of the likelihoods and the
    /// heads of groups.
    public final class Objective: RowObjective {
        let model: RewardModel
        let configuration: Configuration
        let parametersOfLikelihoods: LikelihoodParameters
        let groupHeads: GroupHeads?
        /// Without what is learned.
        private let description: RewardDescription
        private let errorRates: [String: Double]
        /// All rows to learn from: the prior counts once for all of them.
        private let rowCount: Int

        public init(
            model: RewardModel, configuration: Configuration, description: RewardDescription, rowCount: Int
        ) {
            self.model = model
            self.configuration = configuration
            self.description = description
            self.rowCount = rowCount
            parametersOfLikelihoods = LikelihoodParameters(
                description.likelihood, hiddenSize: model.configuration.hiddenSize, device: model.device)
            groupHeads = description.groups.map {
                GroupHeads(
                    names: $0.names, aspectCount: description.aspects.count,
                    hiddenSize: model.configuration.hiddenSize, device: model.device)
            }
            groupHeads?.weights.requiresGradient = true
            errorRates = description.errorRates
        }

        public var parameters: [NamedTensor] {
            parametersOfLikelihoods.parameters + (groupHeads?.parameters ?? [])
        }

        public func measure(
            _ batch: [TokenizedJudgment], in window: [[TokenizedJudgment]]
        ) -> MeasuredLoss {
            let judged = JudgmentBatch(
                batch.map { description.judged($0, errorRate: errorRate(of: $0)) },
                splitsRankings: configuration.loss == .pairwise)
            let scores = scores(of: judged)
            var loss = judged.loss(of: scores, parametersOfLikelihoods)
            if let coefficient = configuration.centering {
                loss = loss + judged.centering(of: scores) * coefficient
            }
            loss = loss / Double(batch.count)
            if let penalty { loss = loss + penalty / Double(rowCount) }
            return MeasuredLoss(
                loss: loss / Double(window.count),
                metrics: judged.metrics(
                    of: scores.detached().doubles(), aspects: description.aspects, parametersOfLikelihoods),
                tokenCount: batch.reduce(0) { $0 + $1.tokenCount })
        }

        /// Each sequence's score of the aspect and by the group that its row is about, [S].
        private func scores(of judged: JudgmentBatch) -> Tensor {
            let states = model.lastStates(
                of: PackedBatch(sharing: judged.rows.map(\.judgment.sharingItsBeginning)))
            let shared = states.linear(weight: model.scoreWeight)
            let aspects = Tensor(judged.sequenceHeads.map(\.aspect), on: model.device)
            let scores =
                model.labels.count == 1
                ? shared.squeezed(1) : shared.gathering(aspects.unsqueezed(1)).squeezed(1)
            guard let groupHeads else { return scores }
            return scores + groupHeads.deviations(of: states, heads: judged.sequenceHeads.map(\.ofGroup))
        }

        /// The chance that a judgment is the opposite of what is right: that of a slip, and what a label that is a probability
        /// leaves open.
        private func errorRate(of judgment: TokenizedJudgment) -> Double {
            let slips = judgment.context.annotator.flatMap { errorRates[$0] } ?? 0
            return slips + (1 - 2 * slips) * (1 - (judgment.preference ?? 1))
        }

        private var penalty: Tensor? {
            guard let groupHeads else { return nil }
            let heads = groupHeads.penalty(shrinkage: configuration.groupShrinkage)
            return parametersOfLikelihoods.penalty(shrinkage: configuration.groupShrinkage).map { heads + $0 }
                ?? heads
        }

        /// The description with what has been learned so far.
        public var learnedDescription: RewardDescription {
            var learned = description
            learned.likelihood = parametersOfLikelihoods.learned
            return learned
        }

        public func saveLearned(to folder: URL) throws {
            try learnedDescription.write(to: folder)
            try groupHeads?.write(to: folder)
        }

        public func restoreLearned(from folder: URL) throws {
            if let learned = try RewardDescription(in: folder) {
                parametersOfLikelihoods.restore(learned.likelihood)
            }
            try groupHeads?.restore(from: folder)
        }
    }
}

extension TokenizedJudgment {
    /// What all sequences begin with, and what is left of each: at least its last token, where the score is read.
    package var sharingItsBeginning: (prefix: [Int], continuations: [[Int]]) {
        guard let first = sequences.first, sequences.count > 1 else { return ([], sequences) }
        let alike = sequences.dropFirst().reduce(first.count - 1) { count, other in
            zip(first[..<count], other.dropLast()).prefix { $0 == $1 }.count
        }
        return (Array(first[..<alike]), sequences.map { Array($0[alike...]) })
    }
}

// MARK: - The verb

extension RewardModeling {
    public static func judgments(_ configuration: Configuration) -> JudgmentSchema? { .judgments }

    public static func nextStep(_ model: String, system: String?) -> String {
        "heed score --model \(model.quotedForShell) --data FILE --output scores.jsonl"
    }

    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        .data(configuration.normalize)
    }

    public static func resolve(_ settings: inout TrainingSettings<RewardModeling>) {
        settings.method.centerCoefficient = settings.method.centering
    }

    public static func train(
        _ settings: TrainingSettings<RewardModeling>, context: RunContext
    ) throws -> TrainingResult {
        let training = try RewardTraining(settings, context: context)
        return try settings.method.ensemble == 1
            ? training.run(context: context) : training.runEnsemble(context: context)
    }
}
