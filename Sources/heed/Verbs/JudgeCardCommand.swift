import ArgumentParser
import Evaluation
import Runs
import Training
import Verbs

/// What a judge is worth, measured against people before it is trusted.
struct JudgeCardCommand: ExaminationCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge-card",
        abstract: "Measure a judge against people before you trust it.",
        discussion: """
            Asks a judge about pairs of answers that people have compared, and says how often it agrees with them (and they \
            among themselves), whether the order of the answers, their length, its own style or an order written into an \
            answer sways it, whether it says the same again, and how far its probabilities come true. Any reward can be \
            measured: a language model (judge:MODEL), a reward model, a program.

            Rows are comparisons, {"prompt","chosen","rejected"}, with "annotator" where several people judged the same \
            pair. Every reward can be a judge: 'heed annotate --help' lists them with their options.

            Small language models judge near chance: the card says so. It is kept for this judge, whatever its files are \
            called: reports and 'heed annotate' find it, and warn where there is none. With --output it is also written \
            as JSON, with a picture beside it. --by-principle measures each principle of judge:MODEL,principles=FILE \
            alone: which of them explains what people said, chosen on half of the prompts, measured on the others.

            EXAMPLE:
              heed judge-card --judge judge:smollm2-135m-instruct \\
                --data votes.jsonl --output card.json
              heed judge-card --judge reward-model:model=runs/reward/final \\
                --data votes.jsonl
            """)

    @OptionGroup var source: ConfigurationOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The judge: one or more rewards by name, whose sum judges.", valueName: "name[:options]"))
    var judge: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("JSON Lines files of comparisons that people made.", valueName: "file"))
    var data: [String] = []

    @Flag(
        inversion: .prefixedNo,
        help: "Measure each of the judge's principles alone, too. (default: --no-by-principle)")
    var byPrinciple: Bool?

    @Option(help: "Rows that are used, from the first on. (default: all)")
    var limit: Int?

    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: ReplacementOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions

    var mode: RunFolder.Mode { existing.mode }

    func examine(_ configuration: JudgeCardConfiguration, _ context: RunContext) throws -> any Examination {
        try JudgeMeasurement.run(configuration, context: context)
    }
}

extension JudgeCardConfiguration: ExaminationConfiguration {}
extension JudgeCard: Examination {
    /// What sways a judge is a finding and no fault.
    var fault: (any Error)? { nil }
}
