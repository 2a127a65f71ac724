import Foundation
import Settings

/// Settings that all training verbs share: the model, its data, the optimizer and the rhythm of the run.
///
/// Defaults are TRL's. The learning rate has none: every method brings its own.
public struct TrainingConfiguration: ConfigurationSection, Equatable {
    /// How the learning rate moves after its linear warm-up.
    public enum Schedule: String, Codable, Sendable, CaseIterable {
        case constant, linear, cosine
    }

    /// A folder, a `.gguf` file or a name of the catalogue.
    public var model: String?
    /// JSON Lines files or folders of them, each followed by its share of the mixture where it has one:
    /// `chats.jsonl=0.7`.
    public var train: [String] = []
    /// The same as TRL's files spell it, in place of `train`.
    public var datasets: [DatasetEntry] = []
    public var evaluation: [String] = []
    /// Whether prompts and answers in plain text become messages, laid out by the model's chat template.
    public var chatPrompts = false

    public var learningRate: Double
    public var schedule = Schedule.linear
    public var warmupSteps = 0
    /// Warm-up as a share of all steps, in place of a number of steps.
    public var warmupRatio: Double?
    public var weightDecay = 0.0
    public var adamBeta1 = 0.9
    public var adamBeta2 = 0.999
    public var adamEpsilon = 1e-8
    /// Gradients are scaled down to this global L2 norm; 0 leaves them as they are.
    public var maximumGradientNorm = 1.0

    /// Rows of one forward and backward pass.
    public var batchSize = 8
    /// Passes of one optimizer step.
    public var gradientAccumulationSteps = 1
    public var epochs = 3.0
    /// Ends the run after this many optimizer steps, whatever the epochs say.
    public var maximumSteps: Int?
    /// Tokens of a row, prompt included; nil: as many as the model has positions for, which is the limit in any case.
    public var maximumLength: Int? = 1024
    /// Whether each epoch takes the rows in a new order drawn from the seed.
    public var shuffle = true
    /// Whether rows are read while training rather than before it, so that they need not fit into memory.
    public var isStreaming = false
    /// Rows that a stream is shuffled within.
    public var shuffleBuffer = 10_000

    /// Whether backward computes activations again, layer by layer, instead of keeping them: the same numbers with less
    /// memory and more time.
    public var recomputesActivations = false

    /// Optimizer steps between checkpoints; 0: only the final model is written.
    public var checkpointEvery = 500
    /// How many of the latest checkpoints stay; nil: all.
    public var keepCheckpoints: Int? = 2
    /// The best checkpoint, and an end before the last step.
    public var selection = ModelSelection()
    /// Optimizer steps between evaluations; nil: at the end of each epoch, where there are rows to evaluate on.
    public var evaluateEvery: Int?
    /// Optimizer steps between printed lines; `metrics.jsonl` has every step.
    public var logEvery = 10

    public init(learningRate: Double) {
        self.learningRate = learningRate
    }

    /// Steps over which the learning rate rises from 0, in a run of `totalSteps`.
    public func warmupSteps(of totalSteps: Int) -> Int {
        guard warmupSteps == 0, let warmupRatio else { return warmupSteps }
        return Int((warmupRatio * Double(totalSteps)).rounded(.up))
    }

    public enum CodingKeys: String, CodingKey {
        case model, train, datasets
        case evaluation = "eval"
        case chatPrompts = "chat_prompts"
        case learningRate = "learning_rate"
        case schedule = "lr_schedule"
        case warmupSteps = "warmup_steps"
        case warmupRatio = "warmup_ratio"
        case weightDecay = "weight_decay"
        case adamBeta1 = "adam_beta1"
        case adamBeta2 = "adam_beta2"
        case adamEpsilon = "adam_epsilon"
        case maximumGradientNorm = "max_grad_norm"
        case batchSize = "batch_size"
        case gradientAccumulationSteps = "gradient_accumulation_steps"
        case epochs
        case maximumSteps = "max_steps"
        case maximumLength = "max_length"
        case shuffle
        case isStreaming = "streaming"
        case shuffleBuffer = "shuffle_buffer"
        case recomputesActivations = "activation_checkpointing"
        case checkpointEvery = "checkpoint_every"
        case keepCheckpoints = "keep_checkpoints"
        /// A section, whose keys are at the same level as the others.
        case selection = "model_selection"
        case evaluateEvery = "eval_every"
        case logEvery = "log_every"
    }

    public func validate() throws {
        func atLeast(_ bound: Int, _ value: Int?, _ key: CodingKeys) throws {
            guard let value else { return }
            try InvalidSetting.check(value >= bound, key, expected: "at least \(bound)", found: value)
        }
        func within(
            _ range: some RangeExpression<Double>, _ value: Double, _ key: CodingKeys, _ words: String
        ) throws {
            try InvalidSetting.check(range.contains(value), key, expected: words, found: value)
        }
        try atLeast(1, batchSize, .batchSize)
        try atLeast(1, gradientAccumulationSteps, .gradientAccumulationSteps)
        try atLeast(1, maximumSteps, .maximumSteps)
        try atLeast(2, maximumLength, .maximumLength)
        try atLeast(0, warmupSteps, .warmupSteps)
        try atLeast(1, shuffleBuffer, .shuffleBuffer)
        try atLeast(0, checkpointEvery, .checkpointEvery)
        try atLeast(1, keepCheckpoints, .keepCheckpoints)
        try atLeast(1, evaluateEvery, .evaluateEvery)
        try atLeast(1, logEvery, .logEvery)
        let nothingOrMore = 0...Double.greatestFiniteMagnitude
        try within(nothingOrMore, learningRate, .learningRate, "a number of at least 0")
        try within(nothingOrMore, weightDecay, .weightDecay, "a number of at least 0")
        try within(nothingOrMore, maximumGradientNorm, .maximumGradientNorm, "a number of at least 0")
        try within(0..<1, adamBeta1, .adamBeta1, "a number from 0 to below 1")
        try within(0..<1, adamBeta2, .adamBeta2, "a number from 0 to below 1")
        try within(nothingOrMore, adamEpsilon, .adamEpsilon, "a number of at least 0")
        try within(0...1, warmupRatio ?? 0, .warmupRatio, "a number from 0 to 1")
        _ = try trainingFiles
        try InvalidSetting.check(
            epochs > 0 && epochs.isFinite, CodingKeys.epochs, expected: "a number above 0", found: epochs)
    }
}
