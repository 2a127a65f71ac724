import ArgumentParser
import Methods
import Rewards
import Verbs

extension RewardModeling.Configuration.Loss: ExpressibleByArgument {}
extension GroupColumn: ExpressibleByArgument {}

/// Judgments to a reward model.
struct RewardCommand: VerbCommand {
    static let verb = Verb.reward
    static let configuration = CommandConfiguration(
        commandName: "reward",
        abstract: "Train a reward model on what people say about answers.",
        discussion: """
            Rows are comparisons {"prompt","chosen","rejected"} with "margin" where one is known, rankings \
            {"prompt","responses","ranking"}, marks {"prompt","response","rating","scale"} and thumbs \
            {"prompt","completion","label"}, in any mixture: each is learned by its own likelihood. Equal ranks are ties. \
            The reward model is OUTPUT/final.

            EXAMPLE:
              heed reward --model smollm2-135m-instruct --train comparisons.jsonl \\
                --eval held-out.jsonl --lora-rank 16 --epochs 1 --output runs/reward

            Judgments that name an "aspect" can teach a score each; those that name a "group" or an "annotator" can have \
            heads of their own, which are held to the shared one. An ensemble knows where it is unsure.

            EXAMPLE:
              heed reward --model smollm2-135m-instruct \\
                --train ratings.jsonl rankings.jsonl --aspects helpful safe \\
                --groups group --annotator-noise --ensemble 3 \\
                --normalize responses.jsonl --lora-rank 16 --output runs/people

            The reward model is used as DIR, or as DIR:option=value,… with the options group=NAME|mean|worst, \
            weights=helpful*1+safe*0.5, gate=safe, threshold=0.15, k=1, members=worst and normalize=true.

            EXAMPLE:
              heed ppo \\
                --reward-model runs/people/final:group=worst,gate=safe,k=1,normalize=true \\
                --prompts prompts.jsonl --model smollm2-135m-instruct --lora-rank 16 \\
                --output runs/ppo
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(help: "auto, or pairwise, ranking, binary, rating: refuse rows of other shapes. (default: auto)")
    var loss: RewardModeling.Configuration.Loss?

    @Option(help: "Weight of the term that keeps scores around zero. (default: off; 0.01 in an ensemble)")
    var centerCoefficient: Double?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Aspects that get a score of their own. (default: one score)", valueName: "name"))
    var aspects: [String] = []

    @Option(help: "group or annotator: whose judgments get heads of their own. (default: nobody's)")
    var groups: GroupColumn?

    @Option(help: "How closely these heads are held to the shared one. (default: 1)")
    var groupShrinkage: Double?

    @Option(help: "Reward models trained side by side. (default: 1)")
    var ensemble: Int?

    @Flag(
        inversion: .prefixedNo,
        help:
            "Estimate each annotator's errors and smooth their labels by them. (default: --no-annotator-noise)"
    )
    var annotatorNoise: Bool?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Responses, as sample writes them, over which scores get mean 0 and deviation 1 when asked for.",
            valueName: "file"))
    var normalize: [String] = []

    @OptionGroup(title: "TRAINING") var training: TrainingOptions<RewardModeling>
    @OptionGroup(title: "TRAINING") var layout: PromptOptions
    @OptionGroup(title: "TRAINING") var rows: RowOptions<RewardModeling>
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
