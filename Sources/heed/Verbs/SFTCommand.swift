import ArgumentParser
import Datasets
import Methods
import Verbs

extension SFT.Configuration.Loss: ExpressibleByArgument {}
extension CompletionOnly: ExpressibleByArgument {}
extension PackingConfiguration.Strategy: ExpressibleByArgument {}

/// Demonstrations to a policy.
struct SFTCommand: VerbCommand {
    static let verb = Verb.sft
    static let configuration = CommandConfiguration(
        commandName: "sft",
        abstract: "Fine-tune a model on demonstrations.",
        discussion: """
            Rows are {"text"}, {"messages"} or {"prompt","completion"}, or as ShareGPT and Alpaca have them. The model \
            to use next is OUTPUT/final.

            EXAMPLE:
              heed sft --model smollm2-135m-instruct --train demonstrations.jsonl \\
                --lora-rank 16 --learning-rate 1e-4 --output runs/sft

            EXAMPLE:
              heed sft --model smollm2-135m-instruct \\
                --train chats.jsonl=0.7 code.jsonl.gz=0.3 --eval held-out.jsonl \\
                --keep-best loss --early-stopping-patience 3 --output runs/mixed
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(help: "nll, or dft: each token weighted by its own probability. (default: nll)")
    var loss: SFT.Configuration.Loss?

    @Option(help: "auto, on or off: learn the completion and not the prompt. (default: auto)")
    var completionOnly: CompletionOnly?

    @Flag(inversion: .prefixedNo, help: "Learn only what the assistant wrote. (default: --no-assistant-only)")
    var assistantOnly: Bool?

    @Flag(inversion: .prefixedNo, help: "Let short documents share a sequence. (default: --no-packing)")
    var packing: Bool?

    @Option(help: "bfd, or wrapped: documents cut where a sequence is full. (default: bfd)")
    var packingStrategy: PackingConfiguration.Strategy?

    @OptionGroup(title: "TRAINING") var training: TrainingOptions<SFT>
    @OptionGroup(title: "TRAINING") var layout: PromptOptions
    @OptionGroup(title: "TRAINING") var rows: RowOptions<SFT>
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
