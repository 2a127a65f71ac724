import Foundation
import Settings
import TorchNN

/// Settings that all training verbs share: the model, its data, the optimizer and the rhythm of the run.
///
/// Defaults are TRL's. Every method brings its own learning rates.
public struct TrainingConfiguration: ConfigurationSection, Equatable {
    /// How the learning rate moves after its linear warm-up.
    public enum Schedule: String, Codable, Sendable, CaseIterable {
        case constant, linear, cosine
        /// A cosine down to `min_lr`, or to `min_lr_rate` times the peak.
        case cosineWithMinimum = "cosine_with_min_lr"
        /// At the peak until the last steps, over which it falls to the same.
        case warmupStableDecay = "warmup_stable_decay"
    }

    public typealias Slope = LearningRateSchedule.Slope

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

    /// At its peak; nil: the method's own, which is larger where an adapter is trained.
    public var learningRate: Double?
    public var schedule = Schedule.linear
    /// Where the schedule ends.
    public var minimumLearningRate: Double?
    /// The same as a share of the peak.
    public var minimumLearningRateShare: Double?
    /// The last steps, over which `warmup_stable_decay` falls.
    public var decaySteps: StepInterval?
    /// How it falls over them, and how it rises before.
    public var decaySlope: Slope?
    public var warmupSlope: Slope?
    public var warmupSteps: StepInterval = 0
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
    /// How often every row is seen; nil: what the method makes of the data, or else ``defaultEpochs``.
    public var epochs: Double?
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

    /// When checkpoints are written; 0: only the final model is.
    public var checkpointEvery: StepInterval = 500
    /// How many of the latest checkpoints stay; nil: all.
    public var keepCheckpoints: Int? = 2
    /// The best checkpoint, and an end before the last step.
    public var selection = ModelSelection()
    /// When the model is evaluated, where there are rows to evaluate on; 0: never.
    public var evaluateEvery = StepInterval.epoch
    /// When a line of means over the steps since the last one is printed; 0: never. `metrics.jsonl` has every step.
    public var logEvery: StepInterval = 10

    public static let defaultEpochs = 3.0

    public init(learningRate: Double? = nil) {
        self.learningRate = learningRate
    }

    /// Steps over which the learning rate rises from 0, in a run of `totalSteps`.
    public func warmupSteps(of totalSteps: Int) -> Int {
        guard warmupSteps == 0, let warmupRatio else { return warmupSteps.steps(of: totalSteps) ?? 0 }
        return Int((warmupRatio * Double(totalSteps)).rounded(.up))
    }

    public enum CodingKeys: String, CodingKey {
        case model, train, datasets
        case evaluation = "eval"
        case chatPrompts = "chat_prompts"
        case learningRate = "learning_rate"
        case schedule = "lr_schedule"
        case minimumLearningRate = "min_lr"
        case minimumLearningRateShare = "min_lr_rate"
        case decaySteps = "lr_decay_steps"
        case decaySlope = "lr_decay_type"
        case warmupSlope = "lr_warmup_type"
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

    public static let ranges: [String: SettingRange] = [
        "learning_rate": .atLeast(0), "min_lr": .atLeast(0), "min_lr_rate": .share,
        "lr_decay_steps": .above(0), "warmup_steps": .atLeast(0), "warmup_ratio": .share,
        "weight_decay": .atLeast(0),
        "adam_beta1": .within(0..<1), "adam_beta2": .within(0..<1), "adam_epsilon": .atLeast(0),
        "max_grad_norm": .atLeast(0), "batch_size": .count, "gradient_accumulation_steps": .count,
        "epochs": .above(0), "max_steps": .atLeast(1), "max_length": .atLeast(2),
        "shuffle_buffer": .atLeast(1), "checkpoint_every": .atLeast(0), "keep_checkpoints": .atLeast(1),
        "eval_every": .atLeast(0), "log_every": .atLeast(0),
    ]

    public static let needs: [String: SettingNeed] = [
        "warmup_ratio": .without("warmup_steps"),
        "shuffle_buffer": .beside("streaming").and(.beside("shuffle")),
        "keep_checkpoints": .beside("checkpoint_every"), "eval_every": .beside("eval"),
        "eval": .beside("eval_every").noted(as: "nothing is measured on it otherwise"),
        "epochs": .without("max_steps").noted(as: "max_steps says when the run ends"),
    ]

    public func validate() throws {
        try InvalidSetting.check(
            warmupSteps != .epoch, CodingKeys.warmupSteps, expected: "a number or a share of steps",
            found: warmupSteps)
        try checkSchedule()
        _ = try trainingFiles
    }

    /// That the schedule has what it needs, and nothing that another one would need.
    private func checkSchedule() throws {
        let floors = [minimumLearningRate, minimumLearningRateShare].compactMap(\.self).count
        let (allowed, expected) =
            switch schedule {
            case .cosineWithMinimum: (1...1, "min_lr or min_lr_rate beside it, one of them")
            case .warmupStableDecay: (0...1, "min_lr or min_lr_rate beside it, or neither")
            case .constant, .linear, .cosine:
                (0...0, "cosine_with_min_lr or warmup_stable_decay beside a lowest rate")
            }
        try InvalidSetting.check(
            allowed.contains(floors), CodingKeys.schedule, expected: expected,
            found: schedule == .cosineWithMinimum ? "\(floors)" : schedule.rawValue)
        let slopes: [(CodingKeys, Any?)] = [
            (.decaySteps, decaySteps), (.decaySlope, decaySlope), (.warmupSlope, warmupSlope),
        ]
        for (key, value) in slopes where value != nil && schedule != .warmupStableDecay {
            throw InvalidSetting(
                key.stringValue, expected: "lr_schedule warmup_stable_decay beside it",
                found: schedule.rawValue)
        }
        try InvalidSetting.check(
            decaySteps != .epoch, CodingKeys.decaySteps, expected: "a number or a share of steps",
            found: decaySteps?.description ?? "")
    }
}
