import Alignment
import ArgumentParser
import Recipes

extension DPO.Configuration.Loss: ExpressibleByArgument {}

/// Comparisons to a policy, without a reward model.
struct DPOCommand: VerbCommand {
    static let verb = Verb.dpo
    static let configuration = CommandConfiguration(
        commandName: "dpo",
        abstract: "Train a policy on comparisons directly.",
        discussion: """
            Rows are {"prompt","chosen","rejected"}. The reference is the model as it was, unless another is given.

            EXAMPLE:
              heed dpo --model smollm2-135m-instruct --train comparisons.jsonl \\
                --lora-rank 16 --learning-rate 5e-5 --epochs 1 --output runs/dpo
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(help: "sigmoid. (default: sigmoid)")
    var loss: DPO.Configuration.Loss?

    @Option(help: "How strongly the policy is held to the reference. (default: 0.1)")
    var beta: Double?

    @Option(
        help: ArgumentHelp("The reference policy. (default: the model before training)", valueName: "model"))
    var reference: String?

    @OptionGroup(title: "TRAINING") var training: TrainingOptions
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
