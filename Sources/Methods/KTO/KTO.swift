// Kahneman–Tversky optimisation: single answers with a thumb up or down (Ethayarajh et al., "KTO: Model Alignment as Prospect
// Theoretic Optimization", 2024, equations 7 and 8).
//
// With x = log π/π_ref of an answer, desirable ones cost λ_D·(1 − σ(β(x − z))), undesirable ones λ_U·(1 − σ(β(z − x))). The
// baseline z ≥ 0 estimates KL(π ‖ π_ref), without gradient: the mean log-ratio of mismatched answers, each after the prompt
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
import Models
import Rewards
import Settings
import Torch
import Training

public enum KTO: TrainingMethod {
    public static let name = "kto"
    public static let title = "Kahneman–Tversky optimisation"
    public static let defaultLearningRate = 1e-6
    public static let adapterLearningRate = 1e-5
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "Rewards of good answers should rise and those of bad ones fall. kl is the estimated distance from the reference that "
            + "both are measured against: where it is zero throughout, answers are judged by themselves alone.",
        shown: ["loss", "kl", "rewards/margins"],
        curves: [
            .init("Loss (no preference: 0.5)", unit: "loss", ["loss", "eval_loss"]),
            .init(
                "Implicit rewards of good and bad answers", unit: "β × log-ratio",
                ["rewards/chosen", "rewards/rejected"], baseline: 0),
            .init("KL to the reference, as estimated", unit: "nats per answer", ["kl"]),
        ])

    /// What the two kinds of answers count.
    public struct Weights: ConfigurationSection, Equatable {
        public var desirable = 1.0
        public var undesirable = 1.0

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case desirable = "desirable_weight"
            case undesirable = "undesirable_weight"
        }

        public static let ranges: [String: SettingRange] = [
            "desirable_weight": .atLeast(0), "undesirable_weight": .atLeast(0),
        ]
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

        public init() {}

        public static let ranges: [String: SettingRange] = ["beta": .above(0)]

        public enum CodingKeys: String, CodingKey {
            case loss, beta, reference, weights
            case precomputesReference = "precompute_reference"
        }

        /// TRL's `kto` measures z by micro-batches: its files get its numbers.
        public static let synonyms: [String: ConfigurationSynonym] = [
            "loss_type": .name("loss", values: ["kto": Loss.microBatch.rawValue]),
            "ref_model": .name("reference"), "ref_model_name_or_path": .name("reference"),
            "precompute_ref_log_probs": .name("precompute_reference"),
            "precompute_ref_batch_size": .ignored, "activation_offloading": .ignored,
            "ref_model_mixup_alpha": .ignored, "ref_model_sync_steps": .ignored,
            "sync_ref_model": .fixed(["false"], why: "the reference stays as it is"),
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

    /// A judged answer, and the answer of another row after the same prompt.
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

// MARK: - The verb

extension KTO {
    public static func judgments(_ configuration: Configuration) -> JudgmentSchema? { .binary }

    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        .models(configuration.reference)
    }

    public static func train(_ settings: TrainingSettings<KTO>, context: RunContext) throws -> TrainingResult
    {
        let (training, method) = (settings.training, settings.method)
        let source = try ModelSource(
            trainable: training.model, adapters: settings.adapters, on: context.computation)
        let preparation = UnpairedPreparation(
            tokenizer: source.tokenizer, maximumLength: try source.maximumLength(training.maximumLength))
        let prepared = try preparation.prepare(training)
        noteOneKind(prepared.train.rows, context)
        let rows = RowTraining(
            context: context, training: training, source: source,
            rows: method.examples(prepared.train.rows, training),
            evaluationRows: method.examples(prepared.evaluation?.rows ?? [], training),
            place: { prepared.train.places[$0].description }, report: prepared.train.report)
        let reference = try ReferenceSource(
            method.reference, policy: source, adapters: settings.adapters, on: context.computation)
        return try rows.run(KTO.self, extraInputs: reference.inputs) {
            try source.loadTrainable(settings.adapters, on: context.computation)
        } objective: {
            Objective(
                model: $0,
                reference: try reference.logProbabilities(
                    policy: $0, precomputedFor: method.precomputesReference ? rows.allRows : nil,
                    batchSize: training.batchSize),
                configuration: method)
        }
    }
}

extension KTO {
    /// Answers of one kind are no contrast: the policy moves towards them, or away, and nothing says where to.
    private static func noteOneKind(_ rows: [TokenizedUnpaired], _ context: RunContext) {
        let good = rows.count { $0.isDesirable }
        guard good == 0 || good == rows.count else { return }
        let (kind, other) = good == 0 ? ("bad", "good") : ("good", "bad")
        context.progress.note(
            "all \(rows.count) answers are \(kind) ones: kto learns from the difference to \(other) ones; "
                + (good == 0 ? "add some" : "add some, or learn from these with heed sft"))
    }
}

extension KTO.Configuration {
    /// Rows with the mismatched answers that the baseline asks for.
    fileprivate func examples(
        _ rows: [TokenizedUnpaired], _ training: TrainingConfiguration
    ) -> [KTO.Example] {
        guard loss != .apoZeroUnpaired else { return rows.map { KTO.Example(row: $0, mismatched: []) } }
        let passes = loss == .kto ? training.gradientAccumulationSteps : 1
        return KTO.Example.mismatching(
            rows, groupSize: training.batchSize * passes, maximumLength: training.maximumLength)
    }
}
