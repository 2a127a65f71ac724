import ArgumentParser
import Datasets
import Feedback
import Foundation

/// People in the loop: the labelling app, and what comes of it.
struct LabelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Let people judge answers in a web app, and use what they say.",
        discussion: """
            Everything is in one file, the store, which 'heed reward --train feedback.sqlite' and 'heed dpo --train \
            feedback.sqlite' read as it is. Without a further verb, 'heed label' starts the app.

            EXAMPLE:
              heed label --store feedback.sqlite --responses responses.jsonl
              heed label export --store feedback.sqlite --as comparisons \\
                --output comparisons.jsonl
            """,
        subcommands: [
            LabelStart.self, LabelExport.self, LabelImport.self, LabelAgreement.self, LabelPrioritize.self,
            LabelInvite.self, LabelBackup.self,
        ], defaultSubcommand: LabelStart.self)
}

/// The store that every verb of `heed label` works with.
struct StoreOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The file of judgments.", valueName: "file"))
    var store: String

    @ArgumentParser.Flag(help: "Print the result as JSON on standard output.")
    var json = false

    var url: URL { URL(fileURLWithPath: store) }

    /// Prints a result for programs or for people.
    func show(_ result: some Encodable, lines: [String]) throws {
        if json { try printJSON(result) } else { lines.forEach(Console.show) }
    }
}

extension LabellingTask: ExpressibleByArgument {}
extension Selection: ExpressibleByArgument {}
extension JudgmentSchema: ExpressibleByArgument {}
extension RowLayout: ExpressibleByArgument {}
extension AnnotatorNaming: ExpressibleByArgument {}
