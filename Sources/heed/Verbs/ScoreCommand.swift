import ArgumentParser
import Rewards
import Verbs

/// Texts to log-probabilities, or answers to scores of a reward model or of rewards.
struct ScoreCommand: VerbCommand {
    static let verb = Verb.score
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Say how probable a model finds given texts, or how rewards score them.",
        discussion: """
            Writes one row per text: its token ids and the log-probabilities of those that count, or the score.

            EXAMPLE:
              heed score --model smollm2-135m-instruct --data answers.jsonl \\
                --output scores.jsonl

            With --reward in place of --model answers are scored by rewards, each with its row's columns: rows of a prompt with \
            a completion, or of 'heed sample'. A score is a number, or null where there is none. The rewards:

            \(RewardCatalogue.standard.summary)

            EXAMPLE:
              heed score --reward math:column=solution format:weight=0 \\
                --data answers.jsonl --output scores.jsonl
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(help: ArgumentHelp("A language model or a reward model.", valueName: "model"))
    var model: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("JSON Lines files of texts or answers.", valueName: "file"))
    var data: [String] = []

    @OptionGroup var rewards: RewardOptions

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
