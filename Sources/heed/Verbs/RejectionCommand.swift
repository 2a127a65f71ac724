import ArgumentParser
import Methods
import Verbs

/// Prompts and rewards to a policy, by learning the best of its own answers.
struct RejectionCommand: VerbCommand {
    static let verb = Verb.rejection
    static let configuration = CommandConfiguration(
        commandName: "rejection",
        abstract: "Fine-tune a policy on the best of its own answers, in rounds.",
        discussion: """
            The policy answers every prompt several times, rewards score the answers, the best of each prompt are \
            learned, and the next round begins with what was learned: rejection sampling, as Llama 2 did it.

            EXAMPLE:
              heed rejection --model smollm2-135m-instruct --prompts prompts.jsonl \\
                --reward-model runs/reward/final --n 8 --rounds 4 \\
                --temperatures 0.7 1 1.3 --lora-rank 16 --output runs/rejection

            PPO goes on from there: heed ppo --model runs/rejection/final. A round has its best and median score of \
            n answers as round-N/best-of-n.svg. RAFT is --no-keep-past; ReST-EM is a reward of 0 or 1 with \
            --min-score 1 --keep 10 --from-start. --config sets how answers are learned, by the keys of sft.
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("JSON Lines files with one prompt per row.", valueName: "file"))
    var prompts: [String] = []

    @OptionGroup var rewards: RewardOptions
    @OptionGroup(title: "REJECTION SAMPLING") var method: RejectionOptions
    @OptionGroup(title: "SAMPLING") var sampling: RejectionSamplingOptions
    @OptionGroup(title: "TRAINING") var training: TrainingOptions<Rejection>
    @OptionGroup(title: "TRAINING") var layout: PromptOptions

    @Option(help: "Tokens of a learned row, prompt included. (default: 1024)")
    var maxLength: Int?

    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}

/// Settings of the method.
struct RejectionOptions: SettingOptions {
    @Option(help: "How many times the prompts are answered and the best learned. (default: 1)")
    var rounds: Int?

    @Option(help: "Answers learned of each prompt. (default: 1)")
    var keep: Int?

    @Option(help: ArgumentHelp("Learn no answer of a lower score.", valueName: "score"))
    var minScore: Double?

    @Flag(
        inversion: .prefixedNo,
        help: "Learn answers that were cut off too, as if they ended. (default: --no-keep-cut-off)")
    var keepCutOff: Bool?

    @Flag(inversion: .prefixedNo, help: "Choose among the answers of all rounds. (default: --keep-past)")
    var keepPast: Bool?

    @Flag(inversion: .prefixedNo, help: "Train the first model again every round. (default: --no-from-start)")
    var fromStart: Bool?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Temperatures that every round tries first.", valueName: "t"))
    var temperatures: [Double] = []

    @Option(help: "Prompts on which temperatures are tried. (default: 16)")
    var temperaturePrompts: Int?
}

/// How answers to choose from are drawn.
struct RejectionSamplingOptions: SettingOptions {
    @Option(help: "Answers to each prompt. (default: 8)")
    var n: Int?

    @Option(help: "Tokens of an answer, at most. (default: 128)")
    var maxNewTokens: Int?

    @Option(help: "Divides the logits. (default: 1)")
    var temperature: Double?

    @Option(help: "Draw from the k most probable tokens. (default: off)")
    var topK: Int?

    @Option(help: "Draw from the fewest tokens whose probability reaches p. (default: off)")
    var topP: Double?
}
