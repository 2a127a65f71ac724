import ArgumentParser
import Methods
import Verbs

/// Comparisons to a policy, fine-tuning and preferences in one.
struct ORPOCommand: VerbCommand {
    static let verb = Verb.orpo
    static let configuration = CommandConfiguration(
        commandName: "orpo",
        abstract: "Fine-tune on chosen answers and learn preferences in one run, without a reference.",
        discussion: """
            Rows are {"prompt","chosen","rejected"}. The model may be a base model: ORPO replaces fine-tuning and DPO.

            EXAMPLE:
              heed orpo --model smollm2-135m-instruct --train comparisons.jsonl \\
                --lora-rank 16 --learning-rate 5e-5 --epochs 1 --output runs/orpo
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(help: "Weight of the odds ratio beside the likelihood. (default: 0.1)")
    var beta: Double?

    @OptionGroup(title: "ANSWERS OF ITS OWN") var rounds: PreferenceRoundsOptions
    @OptionGroup(title: "TRAINING") var training: TrainingOptions<ORPO>
    @OptionGroup(title: "TRAINING") var layout: PromptOptions
    @OptionGroup(title: "TRAINING") var rows: RowOptions<ORPO>
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
