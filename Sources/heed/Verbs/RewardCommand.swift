import Alignment
import ArgumentParser
import Recipes

extension RewardModeling.Configuration.Loss: ExpressibleByArgument {}

/// Comparisons to a reward model.
struct RewardCommand: VerbCommand {
    static let verb = Verb.reward
    static let configuration = CommandConfiguration(
        commandName: "reward",
        abstract: "Train a reward model on comparisons.",
        discussion: """
            Rows are {"prompt","chosen","rejected"}, with "margin" where one is known. The reward model is OUTPUT/final.

            EXAMPLE:
              heed reward --model smollm2-135m-instruct --train comparisons.jsonl --eval held-out.jsonl \\
                --lora-rank 16 --epochs 1 --output runs/reward
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(help: "pairwise. (default: pairwise)")
    var loss: RewardModeling.Configuration.Loss?

    @Option(help: "Weight of the term that keeps scores around zero. (default: off)")
    var centerCoefficient: Double?

    @OptionGroup(title: "TRAINING") var training: TrainingOptions
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
