import ArgumentParser
import Rewards
import Runs
import Training
import Verbs

/// What a reward pays for that it should not, found before a policy finds it.
struct LintRewardCommand: ExaminationCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint-reward",
        abstract: "Try to cheat a reward, a verifier or a reward model before a policy does.",
        discussion: """
            One line for each check: what was tried, the score it gained over an honest answer and over a right one, with an \
            interval over the questions. Shotgun answers, empty marks, denials, echoes, padding, tone, orders to the judge \
            and near misses must earn nothing; other spellings of a right answer that earn nothing are shown as strict, \
            which is no fault. Ends with status 1 where the reward can be cheated or fails.

            Without --data it asks questions of its own, whose truth is in the column 'answer'. A reward model is best \
            audited on rows with answers, from which the ways to cheat are made.

            EXAMPLE:
              heed lint-reward --reward program:./score.py --data train.jsonl
              heed lint-reward --reward-model runs/reward/final \\
                --data comparisons.jsonl --output lint.json
            """)

    @OptionGroup var source: ConfigurationOptions

    @OptionGroup var rewards: RewardOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "JSON Lines files of prompts, with the columns that the reward needs. (default: questions of our own)",
            valueName: "file"))
    var data: [String] = []

    @Option(help: ArgumentHelp("The column of the right answer. (default: answer)", valueName: "column"))
    var truth: String?

    @Option(help: "Questions that are tried. (default: 32)")
    var limit: Int?

    @OptionGroup var layout: PromptOptions

    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: ReplacementOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions

    var mode: RunFolder.Mode { existing.mode }

    func examine(_ configuration: LintRewardConfiguration, _ context: RunContext) throws -> any Examination {
        try RewardLinting.run(configuration, context: context)
    }
}

extension LintRewardConfiguration: ExaminationConfiguration {}
extension LintReport: Examination {
    var fault: (any Error)? { failure }
}
