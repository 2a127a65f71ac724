import ArgumentParser
import Feedback
import Files
import Foundation
import JSON
import Models
import Runs
import Torch
import Training
import Verbs

/// The figures of a study.
struct LabelAgreement: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agreement",
        abstract: "Print progress, agreement, gold, time, biases and win rates of a study.",
        discussion: """
            What the live page of the app shows, as text: raw agreement, Cohen's and Fleiss' kappa and Krippendorff's \
            alpha with intervals, by pair of annotators and by group.

            EXAMPLE:
              heed label agreement --store feedback.sqlite --project helpful
            """)

    @OptionGroup var store: StoreOptions

    @Option(help: "The only project. (default: all)")
    var project: String?

    func run() throws {
        let reports = try FeedbackStore(at: store.url, .reading).read { reader in
            try reader.projects(project, store: store.store).map { try reader.studyReport(of: $0.id) }
        }
        guard store.json else {
            for (index, report) in reports.enumerated() {
                if index > 0 { print("") }
                report.lines().forEach(Console.show)
            }
            return
        }
        for report in reports { Console.show(String(decoding: try report.json(), as: UTF8.self)) }
    }
}

/// Which items are the most informative.
struct LabelPrioritize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prioritize",
        abstract: "Put the most informative items first.",
        discussion: """
            With an ensemble of reward models these are the items on which its members disagree, for projects with \
            'heed label --selection disagreement'; without one those whose votes say most about the strengths of the \
            models, for --selection information. The share that is drawn at random is left alone.

            EXAMPLE:
              heed reward --train feedback.sqlite --model smollm2-135m-instruct \\
                --ensemble 3 --output runs/reward
              heed label prioritize --store feedback.sqlite \\
                --reward-model runs/reward/final
            """)

    @OptionGroup var store: StoreOptions

    @Option(help: ArgumentHelp("An ensemble ('heed reward --ensemble N').", valueName: "model"))
    var rewardModel: String?

    @Option(help: "The only project. (default: all)")
    var project: String?

    @OptionGroup(title: "RUN") var computation: ComputationOptions

    func run() throws {
        let result = try Prioritization.run(
            FeedbackStore(at: store.url), project: project, rewardModel: rewardModel, context: context)
        let judges = result.members > 0 ? " by \(result.members) reward models" : ""
        try store.show(result, lines: ["priorities of \(result.items) items\(judges), in \(store.store)"])
    }

    private func context() throws -> RunContext {
        var run = RunConfiguration()
        run.device = computation.device ?? run.device
        run.precision = computation.precision ?? run.precision
        run.threads = computation.threads
        try Torch.start(threads: run.threads)
        return try RunContext(
            verb: "label prioritize", run: run, mode: .new, settings: .null,
            progress: ProgressDisplay(style: store.json ? .quiet : nil))
    }
}

/// A copy of a store in use.
struct LabelBackup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a store while people keep judging.",
        discussion: """
            The copy is the store at one moment. It appears whole or not at all.

            EXAMPLE:
              heed label backup --store feedback.sqlite --output backup.sqlite
            """)

    @OptionGroup var store: StoreOptions

    @Option(help: ArgumentHelp("The copy.", valueName: "file"))
    var output: String

    @ArgumentParser.Flag(help: "Replace a copy that is there.")
    var force = false

    private struct Result: Encodable {
        let output: String
        let bytes: Int
    }

    func run() throws {
        let copy = URL(fileURLWithPath: output)
        guard force || !FileSystem.exists(copy) else { throw OutputExists(file: copy) }
        try OutputIsInput.check(replacing: copy, reading: [store.url])
        let bar = ProgressDisplay(style: store.json ? .quiet : nil).begin("copying", total: 100)
        try FeedbackStore(at: store.url, .reading).backup(to: copy) { bar.update(Int($0 * 100)) }
        bar.finish()
        let bytes = try copy.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
        try store.show(Result(output: output, bytes: bytes), lines: ["\(bytes) bytes in \(output)"])
    }
}
