import Datasets
import Feedback
import Foundation
import Runs
import Settings
import Training

/// People who judge the rounds of a run in a store: each round is a project of comparisons.
struct StoreJudge: HumanJudge {
    let store: URL
    /// Of the run.
    let verb: String

    func judge(_ responses: URL, round: Int, of run: URL, for training: URL, to output: URL) throws {
        var setup = StudySetup(project: Self.project(round, of: run))
        setup.responses = [responses]
        let judgments = try FeedbackStore(at: store, .create)
        let summary = try setup.apply(to: judgments)
        let progress = try judgments.read { reader in
            try reader.project(named: summary.project).map { try reader.progress(in: $0.id) }
        }
        guard let progress, progress.complete == progress.items else {
            throw RoundAwaitsJudgments(
                round: round, store: store, project: summary.project, complete: progress?.complete ?? 0,
                items: progress?.items ?? 0)
        }
        let argument = StoreArgument(judgments, JudgmentSelection(project: summary.project))
        let rows: TrainingRows
        do {
            rows = try TrainingRows(.comparisons, of: argument)
        } catch ExchangeError.nothingToExport {
            throw InvalidSetting(
                "judge", expected: "people who tell at least two answers of round \(round) apart",
                found: "no preference in \(progress.items) pairs of answers that differ; raise "
                    + "--temperature or --n")
        }
        try rows.copy(to: output)
        try rows.recordUse(by: training, verb: verb)
    }

    /// The same for the same folder, and another for one of the same name elsewhere.
    private static func project(_ round: Int, of run: URL) -> String {
        let path = run.resolvingSymlinksInPath().path
        return
            "\(run.lastPathComponent) round \(round) (\(ContentHash.sha256(of: Data(path.utf8)).prefix(8)))"
    }
}

/// People have not judged the answers of a round yet.
struct RoundAwaitsJudgments: WaitingForPeople {
    let round: Int
    let store: URL
    let project: String
    let complete: Int
    let items: Int

    var description: String {
        "round \(round): people have judged \(complete) of \(items) pairs of answers in project '\(project)'; open "
            + "heed label --store \(store.relativePath), let them judge, and give the same command again"
    }
}
