import ArgumentParser
import Verbs

/// Prompts to answers that a model has revised by principles.
struct ConstitutionCommand: VerbCommand {
    static let verb = Verb.constitution
    static let configuration = CommandConfiguration(
        commandName: "constitution",
        abstract: "Let a model revise its answers by written principles.",
        discussion: """
            The model answers, is asked where its answer falls short of a principle, and writes it again, --revisions \
            times; each time another principle is drawn. Rows are {"prompt","completion","first_answer","revisions"}, \
            ready for 'heed sft'. A revision that is empty, cut off or has no room is dropped, and the answer before it \
            stays; a prompt whose answers are all cut off has no row. Prompts are messages, or text beside \
            --chat-prompts.

            --constitution is a text file with a principle a line; without it a short list of our own is used. For \
            preferences by the same principles: heed annotate --annotator judge:MODEL,principles=FILE.

            EXAMPLE:
              heed constitution --model smollm2-135m-instruct \\
                --prompts prompts.jsonl --output revised.jsonl
              heed sft --model smollm2-135m-instruct --train revised.jsonl \\
                --output runs/revised
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        help: ArgumentHelp("A model folder, a .gguf file or a name of 'heed models'.", valueName: "model"))
    var model: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("JSON Lines files with one prompt per row.", valueName: "file"))
    var prompts: [String] = []

    @Option(
        help: ArgumentHelp(
            "A text file with a principle a line. (default: a list of our own)", valueName: "file"))
    var constitution: String?

    @Option(help: "How many times an answer is revised. (default: 1)")
    var revisions: Int?

    @Flag(
        inversion: .prefixedNo,
        help: "Keep first answers that were cut off. (default: --no-keep-cut-off)")
    var keepCutOff: Bool?

    @OptionGroup var layout: PromptOptions

    @Option(help: "Answer the first prompts only. (default: all)")
    var limit: Int?

    @Option(help: "Texts written side by side. (default: 32)")
    var slots: Int?

    @OptionGroup(title: "SAMPLING") var sampling: SamplingOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: ReplacementOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
