import Datasets
import Files
import Foundation
import JSON
import LanguageModels
import Runs
import Training

/// A run as its log tells it, whoever made it.
struct LoggedRun {
    let path: String
    /// `heed ppo`, `trainer_state.json`.
    let kind: String
    let records: [MetricsRecord]
    let notes: [String]
    /// What watches it.
    private(set) var doctor: RunDoctor

    /// - Parameter path: a run folder of Heed, an output folder of TRL or one of its checkpoints, or a file of metrics.
    /// - Throws: `DataError`, `RunError` or `FileError` where nothing is to be read there.
    init(_ path: String) throws {
        let url = URL(fileURLWithPath: path)
        guard FileSystem.exists(url) else {
            throw DataError(
                .missingInput, file: path, expected: "a run folder or a log of metrics",
                found: "nothing at this path", remedy: "check the path")
        }
        if FileSystem.exists(url.appending(path: "run.json")) {
            try self.init(own: url, path)
        } else {
            let file = try Self.log(in: url)
            let log = try MetricsFile(file)
            self.init(
                path: path, kind: file.lastPathComponent, records: log.records, notes: log.notes,
                doctor: RunDoctor(totalSteps: log.totalSteps ?? log.records.last?.step))
        }
        for record in records { doctor.take(step: record.step, record.metrics) }
    }

    private init(path: String, kind: String, records: [MetricsRecord], notes: [String], doctor: RunDoctor) {
        (self.path, self.kind, self.records) = (path, kind, records)
        (self.notes, self.doctor) = (notes, doctor)
    }

    /// A run of Heed, which says what it was watched for.
    private init(own folder: URL, _ path: String) throws {
        let manifest = try RunManifest(contentsOf: folder.appending(path: "run.json"))
        let log = MetricsLog.file(in: folder)
        let records = FileSystem.exists(log) ? try MetricsLog.read(log) : []
        guard let last = records.last else {
            throw DataError(
                file: path, expected: "a run with at least one step", found: "none in metrics.jsonl",
                remedy: "let it go on (--resume)")
        }
        let settings = manifest.configuration
        let planned = manifest.status == .finished ? nil : settings["max_steps"]?.integer
        self.init(
            path: path, kind: "heed \(manifest.command)", records: records, notes: [],
            doctor: RunDoctor(
                totalSteps: planned ?? last.step, klBudget: settings["kl_budget"]?.number,
                gold: Self.gold(settings, records),
                precision: manifest.precision.flatMap { Precision(rawValue: $0) }))
    }

    /// The metrics of rewards of weight 0, which nothing learns from.
    private static func gold(_ settings: JSONValue, _ records: [MetricsRecord]) -> [String] {
        let weights = settings["reward_weights"]?.array?.map(\.number) ?? []
        let names = records.lazy.map { record in
            record.metrics.map(\.name).filter { $0.hasPrefix("rewards/") && $0.hasSuffix("/mean") }
        }.first { $0.count == weights.count }
        return zip(names ?? [], weights).filter { $0.1 == 0 }.map(\.0)
    }

    /// The file that has the metrics of what is at a place.
    private static func log(in url: URL) throws -> URL {
        guard FileSystem.isFolder(url) else { return url }
        let name = "trainer_state.json"
        let state = url.appending(path: name)
        if FileSystem.exists(state) { return state }
        let checkpoints = try RunFolder.checkpoints(in: url).map { $0.url.appending(path: name) }
        if let last = checkpoints.last(where: { FileSystem.exists($0) }) { return last }
        let logs = try FileSystem.contents(of: url).filter { $0.pathExtension == "jsonl" }
        guard logs.count == 1 else {
            throw DataError(
                .missingInput, file: url.relativePath,
                expected: "run.json, \(name), checkpoints with one, or a single .jsonl file",
                found: "\(logs.count) .jsonl files", remedy: "name the file")
        }
        return logs[0]
    }
}
