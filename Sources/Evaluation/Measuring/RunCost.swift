import Datasets
import Files
import Foundation
import Runs
import Training

extension ArmMeasurement.Cost {
    /// Of runs one after the other.
    /// - Throws: what is wrong with their files.
    init(runs: [URL]) throws {
        self.init()
        for run in runs { try add(run) }
    }

    /// Where a run in rounds trained, its rounds have the steps; what it sampled is beside them.
    private mutating func add(_ run: URL) throws {
        let rounds = try FileSystem.contents(of: run).filter { $0.lastPathComponent.hasPrefix("round-") }
        let trainings = rounds.isEmpty ? [run] : rounds.map { $0.appending(path: "training") }
        for training in trainings {
            let last = try MetricsLog.read(MetricsLog.file(in: training)).last
            updates += last?.step ?? 0
            trained += last?.tokens ?? 0
        }
        let samples = rounds.isEmpty ? [run.appending(path: "samples.jsonl")] : try Self.responses(in: rounds)
        for file in samples where FileSystem.exists(file) {
            let rows = try JSONLines(file).load(ResponsesRow.self)
            sampled += rows.reduce(0) { $0 + $1.row.tokenCount }
        }
    }

    /// Those of the rounds, and those by which they chose their temperature.
    private static func responses(in rounds: [URL]) throws -> [URL] {
        try rounds.flatMap { try FileSystem.contents(of: $0) }.filter { file in
            let name = file.lastPathComponent
            return name == "responses.jsonl" || (name.hasPrefix("temperature-") && name.hasSuffix(".jsonl"))
        }
    }
}
