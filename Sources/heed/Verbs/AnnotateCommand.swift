import ArgumentParser
import Rewards
import Training
import Verbs

extension AnnotateConfiguration.Judgment: ExpressibleByArgument {}
extension PairSelection: ExpressibleByArgument {}

/// Responses to judgments by a program that stands in for people.
struct AnnotateCommand: VerbCommand {
    static let verb = Verb.annotate
    static let configuration = CommandConfiguration(
        commandName: "annotate",
        abstract: "Judge answers by a simulated annotator or a reward model.",
        discussion: """
            Annotators are rewards: warm likes friendly words, concise likes few of them, reward-model:model=DIR asks a \
            reward model, and program:PATH a program of yours. Several are added up, each times its option weight. All \
            of them stand in for people, and every row says so.

            A language model (judge:MODEL) compares two answers at a time, in both orders, by a principle drawn for the \
            pair. The mean probability is kept as "preference", which reward, dpo, orpo and cpo learn as a soft label; how \
            often the other order gives the other verdict is said at the end. Rows of comparisons are judged anew. Called \
            again after an interruption, it goes on with what the model was not asked yet.

            \(RewardCatalogue.standard.summary)

            EXAMPLE:
              heed annotate --responses responses.jsonl --annotator warm --noise 0.05 \\
                --output comparisons.jsonl
              heed annotate --responses responses.jsonl \\
                --annotator judge:smollm2-135m-instruct,principles=ours.yaml \\
                --output soft.jsonl
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Prompts with responses, as 'heed sample' writes them, or comparisons.", valueName: "file"))
    var responses: [String] = []

    @Option(
        name: [.customLong("annotator"), .customLong("reward")], parsing: .upToNextOption,
        help: ArgumentHelp(
            "NAME[:key=value,…], one or several that are added up. (default: warm)", valueName: "name"))
    var annotator: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("A weight for each of them, 1 without.", valueName: "n"))
    var rewardWeights: [Double] = []

    @Option(help: "The share of choices that are flipped, as slips: unless given 0.05, and 0 of judge:MODEL.")
    var noise: Double?

    @Option(help: "comparisons or ratings. (default: comparisons)")
    var `as`: AnnotateConfiguration.Judgment?

    @Option(help: "all, disjoint or extremes: which answers to a prompt are compared. (default: all)")
    var pairs: PairSelection?

    @Flag(
        inversion: .prefixedNo,
        help: "Refuse a judge without a card that speaks for it. (default: --no-require-card)")
    var requireCard: Bool?

    @Option(help: ArgumentHelp("VADER's lexicon, for warm. (default: the catalogue's)", valueName: "file"))
    var lexicon: String?

    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: ReplacementOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
