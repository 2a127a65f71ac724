import ArgumentParser
import Methods
import Training
import Verbs

extension ModelPreset: ExpressibleByArgument {}
extension OptimizerConfiguration.Kind: ExpressibleByArgument {}

/// Text to a base model.
struct PretrainCommand: VerbCommand {
    static let verb = Verb.pretrain
    static let configuration = CommandConfiguration(
        commandName: "pretrain",
        abstract: "Learn a model from plain text, or teach one more text.",
        discussion: """
            Text comes from text files, JSON Lines with a "text" and folders of both; it is tokenized once, and kept. \
            --eval tells the bits per byte of text that is not learned. The model to use next is OUTPUT/final.

            EXAMPLE:
              heed tokenizer train --train corpus.txt --vocab-size 4096 \\
                --special-tokens '<|endoftext|>' '<|im_start|>' '<|im_end|>' \\
                --chat-template chatml --output tokenizer
              heed pretrain --train corpus.txt --eval other.txt --tokenizer tokenizer \\
                --preset tiny --keep-best bits_per_byte --output runs/base

            EXAMPLE:
              heed pretrain --train corpus.txt --tokenizer tokenizer --budget 20m \\
                --output runs/20m

            EXAMPLE:
              heed pretrain --model smollm2-135m-instruct \\
                --train law.txt=0.9 general.txt=0.1 --output runs/law
            """)

    @OptionGroup var source: ConfigurationOptions
    @OptionGroup var start: PretrainStartOptions
    @OptionGroup(title: "TEXT") var text: PretrainTextOptions
    @OptionGroup(title: "TRAINING") var training: TrainingOptions<Pretraining>
    @OptionGroup(title: "TRAINING") var learning: PretrainLearningOptions
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}

/// What a new model is to be; `--model` names one that is there.
struct PretrainStartOptions: SettingOptions {
    @Option(help: "The size of a new model: nano, tiny, small, base or large.")
    var preset: ModelPreset?

    @Option(help: ArgumentHelp("The shape of a new model: a config.json of any family.", valueName: "file"))
    var architecture: String?

    @Option(help: ArgumentHelp("The tokenizer of a new model.", valueName: "dir"))
    var tokenizer: String?

    @Option(
        help: ArgumentHelp(
            "Time to spend, such as 20m: size, batch and steps are chosen by short runs.", valueName: "time"))
    var budget: String?
}

struct PretrainTextOptions: SettingOptions {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Text files, .jsonl files with a \"text\", or folders of them; TEXT=SHARE mixes them by shares.",
            valueName: "text"))
    var train: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Text to measure while training and not to learn.", valueName: "text"))
    var eval: [String] = []

    @Option(help: "Tokens of a row; documents go on in the next. (default: 512)")
    var maxLength: Int?

    @Option(
        help: ArgumentHelp(
            "Begins every document. (default: <|endoftext|>, or else the tokenizer's first or last)",
            valueName: "token"))
    var documentToken: String?

    @Flag(
        inversion: .prefixedNo,
        help:
            "End documents by the same token, so that the model learns where texts end. (default: --no-end-documents)"
    )
    var endDocuments: Bool?

    @Flag(
        inversion: .prefixedNo,
        help: "Let tokens see the other documents of their row. (default: --no-whole-row-attention)")
    var wholeRowAttention: Bool?

    @Option(help: ArgumentHelp("Folder of tokenized text. (default: Heed's own)", valueName: "dir"))
    var shards: String?
}

struct PretrainLearningOptions: SettingOptions {
    @Option(help: "adamw, or muon: Muon for the layers' matrices. (default: muon; adamw with --model)")
    var optimizer: OptimizerConfiguration.Kind?

    @Option(help: "Muon's own peak of the learning rate. (default: 0.02)")
    var muonLearningRate: Double?

    @Option(help: "Muon's own decay. (default: 0.1)")
    var muonWeightDecay: Double?

    @Option(help: "Where warmup_stable_decay falls: the last steps, or their share. (default: 0.65)")
    var lrDecaySteps: StepInterval?

    @Option(help: "How it falls: linear, cosine or 1-sqrt. (default: linear)")
    var lrDecayType: TrainingConfiguration.Slope?

    @Option(help: "Chance that what a layer adds is dropped. (default: 0.1; 0 with --model)")
    var dropout: Double?

    @Option(help: "Weight of the mean of log²Z in the loss. (default: 0)")
    var zLoss: Double?

    @OptionGroup var evaluation: EvaluationOptions<Pretraining>

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Beginnings that the model goes on with after every evaluation. (default: Once upon a time, The)",
            valueName: "text"))
    var samplePrompts: [String] = []

    @Option(help: "Tokens that it writes. (default: 48)")
    var sampleTokens: Int?
}
