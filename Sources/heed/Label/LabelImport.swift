import ArgumentParser
import Feedback
import Foundation
import Settings
import Statistics

/// What was collected elsewhere, into a project.
struct LabelImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Bring responses or judgments from files, Argilla or Label Studio into a project.",
        discussion: """
            rows are comparisons, rankings, ratings and labelled answers as JSON Lines; responses are what 'heed \
            sample' writes; argilla and label-studio are what these tools export. Whoever judged there becomes an annotator \
            of that name. All of it comes in or, where something does not fit, nothing; the same file again changes \
            nothing.

            EXAMPLE:
              heed label import records.json --format argilla \\
                --store feedback.sqlite --project helpful
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case rows, responses, argilla
        case labelStudio = "label-studio"
    }

    @Argument(help: ArgumentHelp("Files, or the folder of an export.", valueName: "file"))
    var files: [String]

    @OptionGroup var store: StoreOptions

    @Option(help: "What the files are.")
    var format = Format.rows

    @Option(help: "The project; made where there is none.")
    var project: String

    @Option(help: "What a new project asks for, where the files do not say.")
    var task: LabellingTask?

    func run() throws {
        let urls = files.map { URL(fileURLWithPath: $0) }
        let target = try FeedbackStore(at: store.url, .create)
        guard format != .responses else {
            var setup = StudySetup(project: project)
            setup.task = task
            setup.responses = urls
            let summary = try setup.apply(to: target)
            return try store.show(summary, lines: [summary.line])
        }
        let aspects = try target.read { try $0.project(named: project)?.definition.aspects.map(\.name) ?? [] }
        let studies = try studies(urls, aspects: aspects)
        for study in studies {
            let summary = try target.add(study, to: project, task: task)
            try store.show(summary, lines: summary.lines)
        }
    }

    private func studies(_ urls: [URL], aspects: [String]) throws -> [ImportedStudy] {
        switch format {
        case .argilla: try urls.map { try ImportedStudy($0, .argilla, aspects: aspects) }
        case .labelStudio: try urls.map { try ImportedStudy($0, .labelStudio, aspects: aspects) }
        case .rows, .responses: [try ImportedStudy(rows: urls)]
        }
    }
}

extension StudySetup.Summary {
    var line: String {
        "\(items) new items in project '\(project)'"
            + (knownItems > 0 ? ", \(knownItems) were there already" : "")
    }
}

extension ImportSummary {
    fileprivate var lines: [String] {
        let known =
            knownItems + knownJudgments > 0
            ? "; \(knownItems) items and \(knownJudgments) judgments were there already" : ""
        let unknown = unread.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
        return [
            "\(items) items and \(judgments) judgments of \(NumberStyle.people(people)), in project '\(project)'\(known)"
        ] + (unknown.isEmpty ? [] : ["not understood: \(unknown.joined(separator: ", "))"])
    }
}
