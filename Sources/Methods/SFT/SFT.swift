// Supervised fine-tuning: next-token likelihood on demonstrations (Ouyang et al., "Training language models to follow
// instructions with human feedback", 2022, section 3.5).
//
// The loss of a step is the sum over counted tokens divided by their number in the whole accumulation window, so that
// accumulation, packing and batch split change nothing. Dynamic fine-tuning (Wu et al., "On the Generalization of SFT",
// 2025, equation 9) weights each token by its own probability, with the same denominator.
import Datasets
import LanguageModels
import Models
import Settings
import Torch
import Training

public enum SFT: TrainingMethod {
    public static let name = "sft"
    public static let title = "fine-tuning"
    public static let defaultLearningRate = 2e-5
    public static let adapterLearningRate = 2e-4
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "The loss should fall and level off; a rising evaluation loss says that it overfits.",
        shown: ["loss", "mean_token_accuracy"],
        curves: [
            .init("Loss", unit: "nats per token", ["loss", "eval_loss"]),
            .init(
                "Tokens predicted correctly", unit: "share",
                ["mean_token_accuracy", "eval_mean_token_accuracy"]),
            .init("Gradient norm", unit: "norm", ["grad_norm"]),
        ])

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

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case loss
            /// A section, whose keys are at the same level as the others.
            case packing = "documents"
            case completionOnly = "completion_only"
            case assistantOnly = "assistant_only"
        }

        public static let synonyms: [String: ConfigurationSynonym] = [
            "loss_type": .name("loss"),
            "completion_only_loss": .name(
                "completion_only", values: ["true": "on", "false": "off", "null": "auto"]),
            "assistant_only_loss": .name("assistant_only"),
            "activation_offloading": .ignored, "pad_token": .ignored,
            "chat_template_path": .fixed(["null"], why: "the model's own template is used"),
            "eos_token": .fixed(["null"], why: "the tokenizer's own end is learned"),
            "eval_packing": .fixed(["null", "false"], why: "rows to evaluate on are never packed"),
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

        public func measure(_ batch: [PackedSequence], in window: [[PackedSequence]]) -> MeasuredLoss {
            let packed = PackedBatch(batch)
            let scores = model.tokenLikelihoods(of: packed, counts: batch.flatMap(\.counts))
            let windowCount = window.joined().reduce(0) { $0 + $1.countedTokens }
            return MeasuredLoss(
                loss: SFT.loss(scores.logProbabilities, windowCount: windowCount, loss),
                metrics: Metrics([
                    "entropy": scores.entropies.mean().item(),
                    "mean_token_accuracy": scores.isTop.to(.float32).mean().item(),
                ]),
                tokenCount: packed.tokens.count, weight: batch.reduce(0) { $0 + $1.countedTokens })
        }
    }
}

// MARK: - The verb

extension SFT {
    /// Demonstrations are few, and adapters memorize them. An adapter that is trained further keeps its own.
    private static let adapterDropout = 0.05

    public static func judgments(_ configuration: Configuration) -> JudgmentSchema? { .edits }

    public static func resolve(_ settings: inout TrainingSettings<SFT>) {
        let given = settings.adapters.startingConfiguration(model: settings.training.model)
        settings.adapters.dropout = settings.adapters.dropout ?? given?.dropout ?? adapterDropout
    }

    public static func train(_ settings: TrainingSettings<SFT>, context: RunContext) throws -> TrainingResult
    {
        let source = try ModelSource(
            trainable: settings.training.model, adapters: settings.adapters, on: context.computation)
        return try rows(settings, source: source, context: context).run(SFT.self) {
            try source.loadTrainable(settings.adapters, on: context.computation)
        } objective: {
            Objective(model: $0, loss: settings.method.loss)
        }
    }

    private static func rows(
        _ settings: TrainingSettings<SFT>, source: ModelSource, context: RunContext
    ) throws -> RowTraining<PackedSequence> {
        let (training, method) = (settings.training, settings.method)
        let length = try source.maximumLength(training.maximumLength)
        let preparation = SupervisedPreparation(
            tokenizer: source.tokenizer, maximumLength: method.packing.isOn ? nil : length,
            completionOnly: method.completionOnly, assistantOnly: method.assistantOnly)
        guard method.packing.isOn else {
            return try RowTraining(
                preparation, context: context, training: training, source: source,
                convert: PackedSequence.init)
        }
        // What is packed together stays together, so a mixture is drawn before it is packed.
        let prepared = try preparation.prepare(training)
        let train = prepared.train.selected(seed: training.orderSeed(context))
        let rows = method.packing.rows(of: train.rows, length: length)
        return RowTraining(
            context: context, training: training, source: source, rows: rows,
            mixture: Mixture(rowCount: rows.count),
            evaluationRows: Packing.separate((prepared.evaluation?.rows ?? []).map { $0.prefix(length) }),
            place: { index in
                rows[index].sources.map { train.places[$0].description }.joined(separator: " + ")
            },
            report: train.report)
    }
}

extension PackedBatch {
    /// Rows that may hold several documents each: every document attends to itself only.
    init(_ rows: [PackedSequence]) {
        self.init(tokens: rows.flatMap(\.tokens), lengths: rows.flatMap(\.documentLengths))
    }
}
