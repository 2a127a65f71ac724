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
            of that name. Label Studio's Ranker keeps answers in buckets: rank_1, rank_2, … say their rank; for other names \
            give --bucket-order. What was left unsorted, drafts and what models said are counted and left out. All of it comes in or, where something does not fit, nothing; the same file again changes \
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

    @Option(
        help: ArgumentHelp(
            "Buckets of Label Studio's Ranker, the best first, such as best,good,bad.", valueName: "names"))
    var bucketOrder: String?

    @Option(help: "How many answers an item of responses shows, at most. (default: as the project says)")
    var answersPerItem: Int?

    private var buckets: [String] {
        (bucketOrder ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    func validate() throws {
        guard bucketOrder == nil || format == .labelStudio else {
            throw ValidationError("--bucket-order goes with --format label-studio")
        }
        guard bucketOrder == nil || !buckets.isEmpty && Set(buckets).count == buckets.count else {
            throw ValidationError("--bucket-order: expected names that differ, found '\(bucketOrder ?? "")'")
        }
        guard !buckets.contains("_") else {
            throw ValidationError("--bucket-order: '_' holds what nobody has sorted, and has no rank")
        }
        guard answersPerItem == nil || format == .responses else {
            throw ValidationError("--answers-per-item goes with --format responses")
        }
    }

    func run() throws {
        let urls = files.map { URL(fileURLWithPath: $0) }
        let target = try FeedbackStore(at: store.url, .create)
        guard format != .responses else {
            var setup = StudySetup(project: project)
            (setup.task, setup.answersPerItem) = (task, answersPerItem)
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
        case .labelStudio:
            try urls.map { try ImportedStudy($0, .labelStudio, aspects: aspects, bucketOrder: buckets) }
        case .rows, .responses: [try ImportedStudy(rows: urls)]
        }
    }
}

extension StudySetup.Summary {
    var line: String {
        "\(items) new items in project '\(project)'"
            + (knownItems > 0 ? ", \(knownItems) were there already" : "")
            + (unusedPrompts > 0
                ? "; \(unusedPrompts) prompts have too few answers that differ, and gave none" : "")
    }
}

extension ImportSummary {
    fileprivate var lines: [String] {
        let known =
            knownItems + knownJudgments > 0
            ? "; \(knownItems) items and \(knownJudgments) judgments were there already" : ""
        return [
            "\(items) items and \(judgments) judgments of \(NumberStyle.people(people)), in project '\(project)'\(known)"
        ] + (unread.isEmpty ? [] : ["not understood: \(unread.counted)"])
            + (leftOut.isEmpty ? [] : ["left out: \(leftOut.counted)"])
            + (assumedScale.map { [$0.line] } ?? [])
    }
}

extension ImportSummary.AssumedScale {
    fileprivate var line: String {
        "\(marks) mark\(marks == 1 ? "" : "s") came without a scale, and count as \(lowest) to \(highest), the project's; "
            + "where they are on another, import rows with \"scale\", or into a project that has it"
    }
}
