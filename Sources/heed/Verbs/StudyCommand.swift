import ArgumentParser
import Foundation
import Recipes
import Runs
import Settings

/// A controlled comparison, from where it was left.
struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study",
        abstract: "Compare methods from one start, by the same judgments, within one budget.",
        discussion: """
            Every arm is searched in the same way, trained several times and measured on the same prompts. What will be \
            asked is registered before the first arm is trained. Called again, it goes on where it stopped, from another \
            folder or machine too; an arm that fails is part of the report. docs/methods/study.md has the file's keys.

            --people puts the answers of every two arms that are compared into a store of 'heed label' as duels without \
            names, and takes the votes that are there into the report; called again, it takes more of them.

            EXAMPLE:
              heed study study.yaml --power
              heed study study.yaml
              heed study study.yaml --people feedback.sqlite
            """)

    @Argument(help: "The study, a YAML file.")
    var study: String

    @Flag(help: "Print how many prompts and trainings find the smallest effect, and stop.")
    var power = false

    @Flag(help: "Print the settings of the first training of every arm and of all trials, and stop.")
    var printConfig = false

    @Option(
        help: ArgumentHelp("Let people compare the answers, in a store of 'heed label'.", valueName: "file"))
    var people: String?

    @OptionGroup var shared: RunOptions
    @OptionGroup var reporting: ReportingOptions

    func run() throws {
        let series = try StudySeries(contentsOf: URL(fileURLWithPath: study), overrides: shared.overrides)
        if power {
            let found = series.studies[0].study.power
            return try reporting.json ? printJSON(found) : found.lines.forEach(Console.show)
        }
        if printConfig { return print(try series.settings, terminator: "") }
        Interruption.install()
        let result = try series.run(command: commandLine, people: people, progress: reporting.progress)
        if reporting.json { try printJSON(result) } else { result.lines.forEach(Console.show) }
    }
}
