import ArgumentParser
import Verbs

/// Texts to log-probabilities, or to a reward model's scores.
struct ScoreCommand: VerbCommand {
    static let verb = Verb.score
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Say how probable a model finds given texts, or how a reward model scores them.",
        discussion: """
            Writes one row per text: its token ids and the log-probabilities of those that count, or the score.

            EXAMPLE:
              heed score --model smollm2-135m-instruct --data answers.jsonl \\
                --output scores.jsonl
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(help: ArgumentHelp("A language model or a reward model.", valueName: "model"))
    var model: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("JSON Lines files of texts or answers.", valueName: "file"))
    var data: [String] = []

    @Option(help: "Texts of one forward pass. (default: 8)")
    var batchSize: Int?

    @Option(help: "Divides the logits. (default: 1)")
    var temperature: Double?

    @Option(help: "Tokens of a text, at most.")
    var maxLength: Int?

    @OptionGroup var layout: PromptOptions

    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: ReplacementOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
