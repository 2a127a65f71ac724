import ArgumentParser
import Methods
import Verbs

extension KTO.Configuration.Loss: ExpressibleByArgument {}

/// Thumbs up and down to a policy.
struct KTOCommand: VerbCommand {
    static let verb = Verb.kto
    static let configuration = CommandConfiguration(
        commandName: "kto",
        abstract: "Train a policy on single answers that were judged good or bad.",
        discussion: """
            Rows are {"prompt","completion","label"}, the label true or false. Where one kind is rarer, give it more \
            weight: desirable rows × their weight should be 1 to 4/3 of undesirable rows × theirs.

            EXAMPLE:
              heed kto --model smollm2-135m-instruct --train thumbs.jsonl \\
                --undesirable-weight 1.5 --lora-rank 16 --learning-rate 5e-5 --epochs 1 \\
                --output runs/kto
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(help: "kto, kto_micro_batch or apo_zero_unpaired. (default: kto)")
    var loss: KTO.Configuration.Loss?

    @Option(help: "How strongly the policy is held to the reference. (default: 0.1)")
    var beta: Double?

    @Option(help: "How much a good answer counts. (default: 1)")
    var desirableWeight: Double?

    @Option(help: "How much a bad answer counts. (default: 1)")
    var undesirableWeight: Double?

    @Option(
        help: ArgumentHelp("The reference policy. (default: the model before training)", valueName: "model"))
    var reference: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Measure the reference before training, once for all runs. (default: --no-precompute-reference)"
    )
    var precomputeReference: Bool?

    @OptionGroup(title: "TRAINING") var training: TrainingOptions<KTO>
    @OptionGroup(title: "TRAINING") var layout: PromptOptions
    @OptionGroup(title: "TRAINING") var rows: RowOptions<KTO>
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
