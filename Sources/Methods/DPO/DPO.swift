// Direct preference optimisation: preferences without a reward model (Rafailov et al., "Direct Preference Optimization:
// Your Language Model is Secretly a Reward Model", 2023, equation 7), and the losses that put another function in the place
// of its −log σ. Each has a file beside this one; `DPO.Loss` names them.
//
//   * Log-probabilities are sums over the response's tokens; LD-DPO (Liu et al., "Iterative Length-Regularized Direct
//     Preference Optimization", 2024) counts those beyond the length of the pair's shorter response `ld_alpha` times.
//   * The loss of a micro-batch is the mean over its pairs; with accumulation the micro-batches' means are averaged, as in TRL.
//   * A label that is a probability weighs the loss of either choice (SoftLabels.swift).
//   * WPO (Zhou et al., "WPO: Enhancing RLHF with Weighted Preference Optimization", 2024, equation 2) weights a pair by how
//     likely the policy itself would write it, next to what it writes on average.
//   * Several losses are mixed by weights. `sft_weight` adds the likelihood of chosen responses (RPO: Pang et al.,
//     "Iterative Reasoning Preference Optimization", 2024), per token of the micro-batch.
import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import Torch
import Training

public enum DPO: ComparisonMethod {
    public static let name = "dpo"
    public static let title = "direct preference optimisation"
    public static let defaultLearningRate = 1e-6
    public static let adapterLearningRate = 1e-5
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "The chosen answers' margin over the rejected ones should grow. Both log-probabilities may fall: the loss "
            + "asks only for their difference.",
        shown: ["logps/chosen", "logps/rejected", "rewards/accuracies"],
        curves: [
            .init("Loss (no preference: 0.693)", unit: "nats", ["loss", "eval_loss"]),
            .comparisonsOrderedCorrectly,
            .init(
                "Implicit rewards", unit: "β × log-ratio", ["rewards/chosen", "rewards/rejected"],
                baseline: 0),
        ])

    /// The loss of one micro-batch, a scalar.
    ///
    /// - Parameter importance: weights of the pairs, [B], without gradient; nil: 1.
    public static func loss(
        _ likelihoods: PreferenceLikelihoods, importance: Tensor? = nil, _ configuration: Configuration
    ) -> Tensor {
        let terms = configuration.terms.map { term in
            let losses = losses(term.loss, likelihoods, configuration)
            return (importance.map { losses * $0 } ?? losses).mean() * term.weight
        }
        return terms.dropFirst().reduce(terms[0], +)
    }

    /// One loss a pair, [B], or a scalar where it is one of the micro-batch. The likelihood is that of chosen responses,
    /// however certain the choice is.
    public static func losses(
        _ loss: Loss, _ likelihoods: PreferenceLikelihoods, _ configuration: Configuration
    ) -> Tensor {
        SoftLabels.expected(
            loss == .sft ? nil : likelihoods.preferences, likelihoods, swapped: likelihoods.swapped
        ) { lossesAsChosen(loss, $0, configuration) }
    }

    private static func lossesAsChosen(
        _ loss: Loss, _ likelihoods: PreferenceLikelihoods, _ configuration: Configuration
    ) -> Tensor {
        let (beta, smoothing) = (configuration.beta, configuration.labelSmoothing)
        let x = likelihoods.generalizedRatios.margin * beta
        let rewards = likelihoods.ratios * beta
        switch loss {
        case .sigmoid: return LogisticLoss.plain(x)
        case .cdpo: return LogisticLoss.smoothed(x, smoothing)
        case .robust: return LogisticLoss.robust(x, smoothing)
        case .sigmoidNorm: return LogisticLoss.plain(likelihoods.generalizedRatiosPerToken.margin * beta)
        case .hinge: return HingeLoss.loss(x)
        case .ipo: return IPO.loss(likelihoods.generalizedRatiosPerToken.margin, beta: beta)
        case .ipoSum: return IPO.loss(likelihoods.generalizedRatios.margin, beta: beta)
        case .exoPair: return EXO.loss(x, smoothing)
        case .ncaPair: return NCA.loss(rewards)
        case .bcoPair: return BCO.loss(rewards)
        case .sppoHard: return SPPO.loss(likelihoods.ratios, beta: beta)
        case .aot: return AOT.paired(likelihoods, beta: beta, smoothing)
        case .aotUnpaired: return AOT.unpaired(likelihoods.ratios, beta: beta, smoothing)
        case .apoZero: return APO.zero(rewards)
        case .apoDown: return APO.down(rewards)
        case .discopop: return DiscoPOP.loss(x, temperature: configuration.discopopTemperature)
        case .sft: return -likelihoods.chosenLikelihood
        }
    }

    /// The loss of comparisons under a policy and its reference.
    public struct Objective: RowObjective {
        let model: LanguageModel
        let reference: ReferenceLogProbabilities<TokenizedComparison>?
        let configuration: Configuration
        private let following: FollowingReference?

        /// - Throws: `InvalidSetting` where the reference is to follow and cannot.
        public init(
            model: LanguageModel, reference: ReferenceLogProbabilities<TokenizedComparison>?,
            configuration: Configuration
        ) throws {
            self.model = model
            self.reference = reference
            self.configuration = configuration
            following = try FollowingReference(
                configuration.synchronization, reference: reference?.model, policy: model)
        }

        public func measure(
            _ batch: [TokenizedComparison], in window: [[TokenizedComparison]]
        ) -> MeasuredLoss {
            let pairs = ComparisonBatch(batch)
            let tokens = model.tokenLikelihoods(of: pairs.packed, counts: pairs.counts)
            let weights = configuration.weightOfTails.map { pairs.weights(of: tokens, tail: $0) }
            let summed = { (values: Tensor) in
                pairs.split(tokens.summedPerSequence(weights.map { values * $0 } ?? values))
            }
            let likelihoods = PreferenceLikelihoods(
                policy: summed(tokens.logProbabilities),
                reference: reference.map {
                    summed(Tensor($0.logProbabilities(of: batch).flatMap { $0 }, on: model.device))
                },
                lengths: pairs.lengths.map { Tensor($0.map(Float.init), on: model.device) },
                chosenLikelihood: tokens.logProbabilities.maskedMean(over: pairs.sides(of: tokens).chosen),
                preferences: pairs.preferences(on: model.device),
                divergence: configuration.divergence)
            let importance =
                configuration.usesWeighting ? WPO.weights(tokens, pairs, model: model) : nil
            return MeasuredLoss(
                loss: DPO.loss(likelihoods, importance: importance, configuration) / Double(window.count),
                metrics: Metrics(
                    rewards: likelihoods.ratios * configuration.beta, logProbabilities: likelihoods.policy,
                    scores: tokens, pairs: pairs),
                tokenCount: pairs.tokenCount)
        }

        // MARK: A reference that follows the policy

        public func end(step: Int) { following?.update(after: step) }
        public func saveState(to folder: URL) throws { try following?.save(to: folder) }
        public func restoreState(from folder: URL) throws { try following?.restore(from: folder) }
    }
}

// MARK: - The verb

extension DPO {
    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        .models(configuration.hasReference ? configuration.reference : nil)
            + configuration.rounds.inputs(rewards)
    }

    public static func trainOnRows(
        _ settings: TrainingSettings<DPO>, context: RunContext
    ) throws -> TrainingResult {
        let method = settings.method
        if method.labelSmoothing > 0, !method.losses.contains(where: \.isSmoothed) {
            context.progress.note(
                "label_smoothing changes nothing here: no loss of \(method.losses.map(\.rawValue)) smooths; "
                    + "the one that does is cdpo")
        }
        let comparisons = try ComparisonTraining(
            settings, certainOnly: method.losses.first(where: \.sorts).map { "the loss \($0.rawValue)" },
            context: context)
        let reference =
            method.hasReference
            ? try ReferenceSource(
                method.reference, policy: comparisons.source, adapters: settings.adapters,
                on: context.computation) : nil
        return try comparisons.run(reference: reference) { model in
            let known = try reference?.logProbabilities(
                policy: model,
                precomputedFor: method.precomputesReference ? comparisons.rows.allRows : nil,
                batchSize: settings.training.batchSize, following: method.synchronization.isOn)
            return try Objective(model: model, reference: known, configuration: method)
        }
    }
}
