import ArgumentParser
import Evaluation
import Verbs

/// Models side by side on held-out prompts, and what alignment cost.
struct EvaluateCommand: VerbCommand {
    static let verb = Verb.evaluate
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Compare models on held-out prompts; writes report.html and report.json.",
        discussion: """
            The first model is the one that the others are compared with.

            EXAMPLE:
              heed evaluate --models start=smollm2-135m-instruct dpo=runs/dpo/final \\
                --prompts held-out.jsonl --judge warm --perplexity text.jsonl \\
                --output runs/report

            --people shows people the answers of every two arms side by side, without names. The first call ends \
            with status 75 and says what to open; the same call reports once they have voted.

            EXAMPLE:
              heed evaluate --models start=smollm2-135m-instruct dpo=runs/dpo/final \\
                --prompts held-out.jsonl --people feedback.sqlite \\
                --output runs/votes

            A reward model can be measured on its own, on judgments of any shape that it was not trained on.

            EXAMPLE:
              heed evaluate --reward-model runs/reward/final \\
                --comparisons held-out.jsonl --output runs/reward-report

            MODEL@N is the best of N answers by the reward of --proxy. --frontier draws that reward and the judge's \
            score against the distance from the first model, for checkpoints of runs and the best of n, with the \
            curves of Gao et al. and the point where the judge's score turns.

            EXAMPLE:
              heed evaluate --models start=smollm2-135m-instruct \\
                best=smollm2-135m-instruct@16 \\
                --proxy reward-model:model=runs/reward/final \\
                --frontier runs/ppo smollm2-135m-instruct@16 \\
                --prompts held-out.jsonl --judge warm --output runs/frontier
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Each MODEL or NAME=MODEL; MODEL@N: its best of N.", valueName: "model"))
    var models: [String] = []

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Held-out prompts.", valueName: "file"))
    var prompts: [String] = []

    @OptionGroup var layout: PromptOptions

    @Option(help: "Use the first prompts only. (default: all)")
    var limit: Int?

    @Option(
        name: [.customLong("judge"), .customLong("reward")], parsing: .upToNextOption,
        help: ArgumentHelp(
            "Rewards that judge, NAME[:key=value,…]; several are added up. (default: warm)", valueName: "name"
        ))
    var judge: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("A weight for each of them, 1 without.", valueName: "n"))
    var rewardWeights: [Double] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("What chooses for @N and was maximised along --frontier.", valueName: "name"))
    var proxy: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Runs, RUN or NAME=RUN, and MODEL@N, to draw on the frontier.", valueName: "run"))
    var frontier: [String] = []

    @Option(help: ArgumentHelp("Let people vote, in a store of 'heed label'.", valueName: "file"))
    var people: String?

    @Option(help: "The store's project. (default: one for these arms and prompts)")
    var project: String?

    @Option(help: "How many people vote on each pair of answers. (default: 1)")
    var overlap: Int?

    @Flag(inversion: .prefixedNo, help: "Report on the votes cast so far. (default: --no-partial)")
    var partial: Bool?

    @Option(help: "The share of the judge's choices that are flipped, as slips. (default: none)")
    var judgeError: Double?

    @Flag(
        inversion: .prefixedNo,
        help: "Refuse a judge without a card that speaks for it. (default: --no-require-card)")
    var requireCard: Bool?

    @Option(help: ArgumentHelp("VADER's lexicon, for warm. (default: the catalogue's)", valueName: "file"))
    var lexicon: String?

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Held-out plain text.", valueName: "file"))
    var perplexity: [String] = []

    @Option(help: ArgumentHelp("A reward model to report on.", valueName: "model"))
    var rewardModel: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Held-out judgments to measure it on.", valueName: "file"))
    var comparisons: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Runs whose curves to show, RUN or NAME=RUN.", valueName: "dir"))
    var trainingRuns: [String] = []

    @Option(help: "Answers to each prompt. (default: 1)")
    var n: Int?

    @OptionGroup(title: "SAMPLING") var sampling: SamplingOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: MeasurementOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}
