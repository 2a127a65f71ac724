import Models
import Rewards
import Settings
import Training

extension Pretraining {
    public struct Configuration: ConfigurationSection, Equatable {
        /// Where the tokenizer of a new model is: a folder with `tokenizer.json`, or a model.
        public var tokenizer: String?
        /// A shape and size by name.
        public var preset: ModelPreset?
        /// A `config.json`.
        public var architecture: String?
        public var optimizer = OptimizerConfiguration()
        /// Chance that an element of the embeddings, or of what a layer adds to them, is dropped; nil: 0.1 for a new model.
        public var dropout: Double?
        /// The weight of the mean of log²Z.
        public var zLoss = 0.0
        /// Whether tokens see all that stands before them in their row, other documents too.
        public var seesWholeRows = false
        /// The token before every document; nil: `<|endoftext|>` where the tokenizer has it, else that of the beginning of a
        /// sequence, else that of its end.
        public var documentToken: String?
        /// Whether the same token ends every document too.
        public var endsDocuments = false
        /// Rows of an optimizer step, in place of those of a pass.
        public var rowsPerStep: Int?
        /// Beginnings that the model goes on with after every evaluation.
        public var samplePrompts = ["Once upon a time", "The"]
        /// Tokens that it writes.
        public var sampleTokens = 48
        /// Time that the run may take: size, batch and steps that are not given follow from it.
        public var budget: TimeBudget?
        /// The folder of tokenized text; nil: `shards` in Heed's own folder.
        public var shards: String?

        public init() {}

        public enum CodingKeys: String, CodingKey {
            case tokenizer, preset, architecture
            /// A section, whose keys are at the same level as the others.
            case optimizer = "optimization"
            case dropout
            case zLoss = "z_loss"
            case seesWholeRows = "whole_row_attention"
            case documentToken = "document_token"
            case endsDocuments = "end_documents"
            case rowsPerStep = "rows_per_step"
            case samplePrompts = "sample_prompts"
            case sampleTokens = "sample_tokens"
            case budget, shards
        }

        public static let ranges: [String: SettingRange] = [
            "dropout": .within(0..<1), "z_loss": .atLeast(0), "rows_per_step": .count,
            "sample_tokens": .atLeast(1),
        ]

        public static let synonyms: [String: ConfigurationSynonym] = [
            "sequence_length": .name("max_length"),
            "schedule": .name("lr_schedule", values: ["constant_with_warmup": "constant"]),
            "schedule_extra": .members(TrainingConfiguration.scheduleMembers),
        ]
    }

    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        .data([configuration.tokenizer, configuration.architecture].compactMap(\.self))
    }

    public static func learningRate(_ settings: TrainingSettings<Pretraining>) -> Double {
        settings.startsAnew ? defaultLearningRate : continuedLearningRate
    }

    public static func resolve(_ settings: inout TrainingSettings<Pretraining>) {
        settings.method.optimizer.resolve(preferring: settings.startsAnew ? .muon : .adamW)
        settings.method.dropout = settings.method.dropout ?? (settings.startsAnew ? 0.1 : 0)
        settings.training.resolveSlopes(decay: .linear)
        settings.takeRowsPerStep()
    }

    public static func missingModel(_ settings: TrainingSettings<Pretraining>) -> [InvalidSetting] {
        let (method, training) = (settings.method, settings.training)
        let shapes = [method.preset?.rawValue, method.architecture].compactMap(\.self)
        func refusal(_ key: String, _ expected: String, _ found: String) -> InvalidSetting {
            InvalidSetting(key, expected: expected, found: found)
        }
        if let model = training.model {
            let others = shapes + [method.tokenizer].compactMap(\.self)
            return others.isEmpty
                ? []
                : [
                    refusal(
                        "model", "it alone, as it brings its shape and tokenizer", "\(model) and \(others[0])"
                    )
                ]
        }
        var missing: [InvalidSetting] = []
        if shapes.count > 1 || shapes.isEmpty && method.budget == nil {
            let expected =
                "a size (--preset \(ModelPreset.names)), a shape (--architecture FILE.json), a model (--model) "
                + "or a time (--budget 20m)"
            missing.append(refusal("preset", expected, shapes.isEmpty ? "nothing" : "two of them"))
        }
        if method.tokenizer == nil {
            missing.append(
                .missing("tokenizer", "a tokenizer (--tokenizer DIR; heed tokenizer train learns one)"))
        }
        if settings.adapters.isOn {
            missing.append(refusal("lora_rank", "none, as there is no model yet to adapt", "an adapter"))
        }
        return missing
    }

    public static func missingData(_ settings: TrainingSettings<Pretraining>) -> [InvalidSetting] {
        let training = settings.training
        var problems: [InvalidSetting] =
            training.trainingPaths.isEmpty ? [.missing("train", "text files (--train TEXT)")] : []
        func refuse(
            _ isWrong: Bool, _ key: TrainingConfiguration.CodingKeys, _ expected: String, _ found: String
        ) {
            if isWrong { problems.append(InvalidSetting(key.stringValue, expected: expected, found: found)) }
        }
        refuse(training.chatPrompts, .chatPrompts, "false, as plain text has no messages", "true")
        refuse(training.isStreaming, .isStreaming, "false, as text is mapped into memory anyway", "true")
        refuse(
            training.datasets.contains { $0.columns != nil }, .datasets,
            "the column text alone, without columns",
            "columns")
        let length = training.maximumLength ?? .max
        refuse(length < shortestRow, .maximumLength, "rows of at least \(shortestRow) tokens", "\(length)")
        if let rows = settings.method.rowsPerStep,
            rows != training.batchSize * training.gradientAccumulationSteps
        {
            problems.append(
                InvalidSetting(
                    "rows_per_step",
                    expected:
                        "the rows of \(training.gradientAccumulationSteps) equal passes (batch_size times "
                        + "gradient_accumulation_steps)", found: "\(rows)"))
        }
        if settings.method.budget != nil,
            let given = settings.training.maximumSteps ?? settings.training.epochs.map({ Int($0) })
        {
            problems.append(
                InvalidSetting(
                    "budget", expected: "it without max_steps and epochs, which follow from it",
                    found: "\(given)"))
        }
        if settings.method.optimizer.kind == .muon, settings.trainsAdapter {
            problems.append(
                InvalidSetting("optimizer", expected: "adamw, with which adapters learn", found: "muon"))
        }
        return problems
    }

    /// In shorter rows there may be nothing to predict.
    static let shortestRow = 8
}

extension TrainingSettings<Pretraining> {
    /// Whether a new model is learned.
    var startsAnew: Bool { training.model == nil }

    /// Rows of a pass by those of a step, where they were not set to something else.
    fileprivate mutating func takeRowsPerStep() {
        let passes = training.gradientAccumulationSteps
        guard let rows = method.rowsPerStep, rows.isMultiple(of: passes),
            training.batchSize == Pretraining.trainingDefaults.batchSize
        else { return }
        training.batchSize = rows / passes
    }
}

extension TrainingConfiguration {
    /// Says how the learning rate rises and falls, where it does so by parts.
    package mutating func resolveSlopes(decay: Slope) {
        guard schedule == .warmupStableDecay else { return }
        decaySteps = decaySteps ?? Self.defaultDecaySteps
        decaySlope = decaySlope ?? decay
        warmupSlope = warmupSlope ?? .linear
    }
}
