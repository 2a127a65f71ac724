import Datasets
import Files
import Foundation
import Rewards
import Runs
import Settings
import Statistics
import Training

/// What a training run left behind: its metrics, step by step, and the responses it sampled.
struct TrainingHistory {
    let name: String
    let folder: URL
    let manifest: RunManifest
    /// What to watch in it; nil for a verb that nothing is known of.
    let guide: TrainingGuide?
    let records: [MetricsRecord]
    /// Settings that did nothing.
    var idleSettings: Set<String> = []
    /// Of a run that chose among its own answers, the best and the median of n in every round.
    let bestOf: [BestOfCurve]

    /// - Parameter guides: by verb.
    /// - Throws: `FileError` or `RunError` where there is no run or its files are damaged.
    init(_ run: NamedPath, guides: [String: TrainingGuide]) throws {
        name = run.name
        folder = URL(fileURLWithPath: run.path)
        manifest = try RunManifest(contentsOf: folder.appendingPathComponent("run.json"))
        guide = guides[manifest.command]
        records = try MetricsLog.read(MetricsLog.file(in: folder))
        bestOf = try BestOfCurve.all(in: folder)
    }

    /// The verb that made the run.
    var verb: String { manifest.command }

    /// Whether the run made this model.
    func made(_ model: URL) -> Bool {
        let run = folder.resolvingSymlinksInPath().standardizedFileURL.path
        return model.resolvingSymlinksInPath().standardizedFileURL.path.hasPrefix(run + "/")
    }

    /// The answers that the run explained at its first and its last such step; nil where it explained none.
    var explained: Report.ExplainedRun? {
        get throws {
            let all = try ExplainedResponse.read(run: folder)
            let shown = all.filter { $0.step == all.first?.step || $0.step == all.last?.step }
            return shown.isEmpty ? nil : Report.ExplainedRun(name: name, responses: shown)
        }
    }

    // MARK: The path of reinforcement

    private static let stationCount = 12

    /// Where the policy was on its way: its KL as training logged it, in nats for a whole response, against the judge's
    /// score of the responses it sampled. What training itself maximised is another score, so it is not shown here.
    ///
    /// Neighbouring steps are averaged. Empty where the run did not sample.
    func path(judge: PreferenceJudge) throws -> [Report.PathPoint] {
        let file = folder.appendingPathComponent("samples.jsonl")
        guard FileSystem.exists(file), records.contains(where: { $0["objective/kl"] != nil }) else {
            return []
        }
        let rows = try JSONLines(file).load(ResponsesRow.self)
        var scores: [Int: [Double]] = [:]
        for (row, answers) in zip(rows, try Self.scores(of: rows, judge)) {
            guard let step = row.row.extra["step"]?.integer else { continue }
            scores[step, default: []] += answers
        }
        let points = records.compactMap { record -> Report.PathPoint? in
            guard let kl = record["objective/kl"], let score = mean(of: scores[record.step] ?? []) else {
                return nil
            }
            return Report.PathPoint(step: record.step, kl: kl, score: score)
        }
        let size = max(1, (points.count + Self.stationCount - 1) / Self.stationCount)
        return points.chunked(size).compactMap { part in
            guard let last = part.last, let kl = mean(of: part.map(\.kl)),
                let score = mean(of: part.map(\.score))
            else {
                return nil
            }
            return Report.PathPoint(step: last.step, kl: kl, score: score)
        }
    }

    private static func scores(
        of rows: [SourcedRow<ResponsesRow>], _ judge: PreferenceJudge
    ) throws -> [[Double]] {
        var remaining = try judge.scored(rows.flatMap { $0.row.rewardInputs(at: $0.place) }).map(\.score)[...]
        return rows.map { row in
            defer { remaining = remaining.dropFirst(row.row.responses.count) }
            return Array(remaining.prefix(row.row.responses.count))
        }
    }
}
