import ArgumentParser
import Datasets
import Feedback
import Files
import Foundation
import Runs
import Statistics

/// Judgments as rows, and projects as other tools know them.
struct LabelExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write judgments as rows, or a project for Argilla or Label Studio.",
        discussion: """
            comparisons, rankings, ratings, binary, judgments (each in its own shape, for a reward model), edits (for \
            'heed sft'), corrections (the same as comparisons with what was edited) and flags are JSON Lines. Every row knows its annotator, group, aspect, time, policy, item and \
            whether the item was drawn at random. --format trl writes the columns of TRL's trainers and no other. \
            --format argilla and label-studio write a project with all its items as a folder.

            EXAMPLE:
              heed label export --store feedback.sqlite --as comparisons \\
                --output comparisons.jsonl
              heed label export --store feedback.sqlite --project helpful \\
                --format argilla --output helpful-argilla
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case heed, trl, argilla
        case labelStudio = "label-studio"

        var tool: ToolFormat? {
            switch self {
            case .heed, .trl: nil
            case .argilla: .argilla
            case .labelStudio: .labelStudio
            }
        }
    }

    @OptionGroup var store: StoreOptions

    @Option(name: .customLong("as"), help: "The rows. (default: comparisons)")
    var schema: JudgmentSchema?

    @Option(help: "Whose format the output has.")
    var format = Format.heed

    @Option(help: "The only project. (default: all)")
    var project: String?

    @Option(help: "The only aspect. (default: all)")
    var aspect: String?

    @Option(help: "The attribute that \"group\" holds. (default: the project's first)")
    var group: String?

    @Option(help: "How prompts and answers are laid out.")
    var layout = RowLayout.asGiven

    @Option(help: "What annotators are called.")
    var annotators = AnnotatorNaming.pseudonym

    @Option(help: ArgumentHelp("The file of rows, or the folder of a project.", valueName: "path"))
    var output: String

    @ArgumentParser.Flag(help: "Replace what is there.")
    var force = false

    func validate() throws {
        guard format.tool != nil, schema != nil else { return }
        throw ValidationError("--format \(format.rawValue) has rows of its own; leave out --as")
    }

    func run() throws {
        let file = URL(fileURLWithPath: output)
        guard force || !FileSystem.exists(file) else { throw OutputExists(file: file) }
        try OutputIsInput.check(replacing: file, reading: [store.url])
        if let tool = format.tool {
            try OutputIsSomethingElse.check(file, holdsOnly: tool.names)
        } else if FileSystem.isFolder(file) {
            throw OutputIsFolder(url: file)
        }
        var selection = JudgmentSelection(project: project, aspect: aspect)
        (selection.group, selection.naming, selection.layout) = (group, annotators, layout)
        let judgments = try FeedbackStore(at: store.url, .reading)
        let summary =
            if let tool = format.tool {
                try JudgmentExport.write(tool, of: selection, from: judgments, to: file)
            } else {
                try JudgmentExport.write(
                    schema ?? .comparisons, of: selection, from: judgments, to: file,
                    trainerColumnsOnly: format == .trl)
            }
        try store.show(summary, lines: [summary.line])
    }
}

extension ExportSummary {
    fileprivate var line: String {
        let left = withoutRows > 0 ? ", \(withoutRows) judgments gave none" : ""
        return "\(rows) rows from \(judgments) judgments of \(NumberStyle.people(people))\(left), "
            + "in \(output)"
    }
}
