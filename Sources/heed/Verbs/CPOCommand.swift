import ArgumentParser
import Methods
import Verbs

extension CPO.Configuration.Loss: ExpressibleByArgument {}

/// Comparisons to a policy, without a reference.
struct CPOCommand: VerbCommand {
    static let verb = Verb.cpo
    static let configuration = CommandConfiguration(
        commandName: "cpo",
        abstract: "Train a policy on comparisons without a reference: CPO, SimPO, AlphaPO.",
        discussion: """
            Rows are {"prompt","chosen","rejected"}. There is no second model to compute.

            EXAMPLE:
              heed cpo --model smollm2-135m-instruct --train comparisons.jsonl \\
                --loss simpo --sft-weight 0 --beta 2 --simpo-gamma 1 --lora-rank 16 \\
                --learning-rate 5e-5 --epochs 1 --output runs/simpo
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(help: "sigmoid, hinge, ipo, simpo or alphapo. (default: sigmoid)")
    var loss: CPO.Configuration.Loss?

    @Option(help: "Scale of the log-probabilities; for simpo about 2. (default: 0.1)")
    var beta: Double?

    @Option(help: "The share of judgments that are wrong. (default: 0)")
    var labelSmoothing: Double?

    @Option(help: "Weight of the likelihood of chosen answers. (default: 1)")
    var sftWeight: Double?

    @Option(help: "By how much chosen answers should win, for simpo and alphapo. (default: 0.5)")
    var simpoGamma: Double?

    @Option(help: "How rewards bend; 0 leaves them. (default: 0)")
    var alpha: Double?

    @OptionGroup(title: "ANSWERS OF ITS OWN") var rounds: PreferenceRoundsOptions
    @OptionGroup(title: "TRAINING") var training: TrainingOptions<CPO>
    @OptionGroup(title: "TRAINING") var layout: PromptOptions
    @OptionGroup(title: "TRAINING") var rows: RowOptions<CPO>
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
