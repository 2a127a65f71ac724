import ArgumentParser
import Methods
import Training

extension TrainingConfiguration.Schedule: ExpressibleByArgument {}
extension TrainingConfiguration.Slope: ExpressibleByArgument {}

extension StepInterval: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

/// A number as people write it: `3`, `0.1`.
private func plain(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? "\(number)" }

/// Settings of every training verb; the configuration documents their defaults.
struct TrainingOptions<Method: TrainingMethod>: SettingOptions {
    @Option(
        name: Self.modelFlags,
        help: ArgumentHelp("A model folder, a .gguf file or a name of 'heed models'.", valueName: "model"))
    var model: String?

    @Option(
        help: ArgumentHelp(
            "Peak of the learning rate. (default: \(Method.learningRates))"
        ))
    var learningRate: Double?

    @Option(
        help: """
            constant, linear, cosine, cosine_with_min_lr or warmup_stable_decay. \
            (default: \(Method.trainingDefaults.schedule.rawValue))
            """)
    var lrSchedule: TrainingConfiguration.Schedule?

    @Option(help: "Where the last two of these end, as a share of the peak.")
    var minLrRate: Double?

    @Option(
        help:
            "Steps over which the learning rate rises from 0, or their share. (default: \(Method.trainingDefaults.warmupSteps))"
    )
    var warmupSteps: StepInterval?

    @Option(help: "The same as a share of all steps.")
    var warmupRatio: Double?

    @Option(help: "Decoupled weight decay. (default: \(plain(Method.trainingDefaults.weightDecay)))")
    var weightDecay: Double?

    @Option(help: "Decay rate of the first moment. (default: 0.9)")
    var adamBeta1: Double?

    @Option(help: "Decay rate of the second moment. (default: \(Method.trainingDefaults.adamBeta2))")
    var adamBeta2: Double?

    @Option(help: "Added to the divisor of a step. (default: 1e-8)")
    var adamEpsilon: Double?

    @Option(help: "Gradients are scaled down to this norm; 0 leaves them. (default: 1)")
    var maxGradNorm: Double?

    @Option(help: "Rows of one forward and backward pass. (default: \(Method.trainingDefaults.batchSize))")
    var batchSize: Int?

    @Option(help: "Passes of one optimizer step. (default: 1)")
    var gradientAccumulationSteps: Int?

    @Option(
        help:
            "How many times every row is seen. (default: \(Method.trainingDefaults.epochs.map(plain) ?? "by the data"))"
    )
    var epochs: Double?

    @Option(help: "Stop after this many optimizer steps.")
    var maxSteps: Int?

    @Flag(inversion: .prefixedNo, help: "Take rows in a new order each epoch. (default: --shuffle)")
    var shuffle: Bool?

    @Flag(
        inversion: .prefixedNo,
        help: "Less memory, more time, the same numbers. (default: --no-activation-checkpointing)")
    var activationCheckpointing: Bool?

    @Option(
        help:
            "Steps between checkpoints, a share of all, or epoch; 0: the final model only. (default: \(Method.trainingDefaults.checkpointEvery))"
    )
    var checkpointEvery: StepInterval?

    @Option(help: "How many of the latest checkpoints stay. (default: 2)")
    var keepCheckpoints: Int?

    @Option(
        help: "Steps between printed lines of means, a share of all, or epoch; 0: none. (default: 10)")
    var logEvery: StepInterval?
}

extension TrainingOptions {
    /// What learns from a teacher is a student.
    private static var modelFlags: NameSpecification {
        Method.self == Distillation.self ? [.long, .customLong("student")] : .long
    }
}

/// Settings of verbs that learn from given rows.
struct RowOptions<Method: TrainingMethod>: SettingOptions {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "JSON Lines files or folders of them; FILE=SHARE mixes them by shares.", valueName: "file"))
    var train: [String] = []

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("Rows to evaluate on while training.", valueName: "file")
    )
    var eval: [String] = []

    @Option(help: "Tokens of a row, prompt included. (default: 1024)")
    var maxLength: Int?

    @Flag(inversion: .prefixedNo, help: "Read rows while training, not before. (default: --no-streaming)")
    var streaming: Bool?

    @Option(help: "Rows that a stream is shuffled within. (default: 10000)")
    var shuffleBuffer: Int?

    @OptionGroup var evaluation: EvaluationOptions<Method>
}

/// Settings of evaluations while training.
struct EvaluationOptions<Method: TrainingMethod>: SettingOptions {
    @Option(
        help:
            "Steps between evaluations, a share of all, or epoch; 0: none. (default: \(Method.trainingDefaults.evaluateEvery))"
    )
    var evalEvery: StepInterval?

    @Option(
        help: ArgumentHelp(
            "Let final/ be the best model by this evaluation metric, such as loss.", valueName: "metric"))
    var keepBest: String?

    @Option(help: "Stop after this many evaluations without a better model.")
    var earlyStoppingPatience: Int?
}

/// Settings of low-rank adaptation.
struct AdapterOptions: SettingOptions {
    @Option(help: "Train an adapter of this rank instead of all weights.")
    var loraRank: Int?

    @Option(help: "Scale of the adapter times its rank. (default: 32)")
    var loraAlpha: Double?

    @Option(help: "Chance that an input of the adapter is dropped. (default: 0.05 in sft, else 0)")
    var loraDropout: Double?

    @Option(parsing: .upToNextOption, help: "Layers that get an adapter. (default: all-linear)")
    var loraTargets: [String] = []

    @Flag(inversion: .prefixedNo, help: "Scale by alpha / √rank (rsLoRA). (default: --no-use-rslora)")
    var useRslora: Bool?

    @Flag(inversion: .prefixedNo, help: "Learn rows' lengths separately (DoRA). (default: --no-use-dora)")
    var useDora: Bool?

    @Option(help: ArgumentHelp("A PEFT adapter folder to train further.", valueName: "dir"))
    var initAdapter: String?
}
