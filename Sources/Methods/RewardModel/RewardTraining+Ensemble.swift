import Files
import Foundation
import RandomNumbers
import Rewards
import Runs
import Training

extension RewardTraining {
    /// Trains the members one after the other, each a run of its own below this one: whole reward models (whole adapters, with
    /// LoRA) on one start that differ in the head they begin with, in the order of the rows and in which rows a bootstrap gives
    /// them. Members that share a trained body agree where they are wrong, which is what an ensemble is to find out; and a
    /// member that is a run of its own is resumed, measured and used like any other.
    func runEnsemble(context: RunContext) throws -> TrainingResult {
        let files = (training.trainingPaths + training.evaluation + method.normalize).map {
            (role: "rows", url: URL(fileURLWithPath: $0))
        }
        return try context.inRun(inputs: source.inputs(role: "model") + files) { folder in
            let names = (1...method.ensemble).map { "member-\($0)" }
            let results = try names.map { name in
                let member = try context.nested(name, output: folder.url.appendingPathComponent(name))
                let draws = Self.bootstrap(rows.rows.count, seed: member.seeds.derived("bootstrap").value)
                return try member.finishedResult()
                    ?? run(draws, title: "reward model, \(name)", context: member)
            }
            try folder.writeFinal { final in
                for (name, result) in zip(names, results) {
                    try link(URL(fileURLWithPath: result.model), to: final.appendingPathComponent(name))
                }
                try source.copyTokenizer(to: final)
                try RewardEnsemble(members: names).write(to: final)
            }
            try folder.finish(.finished)
            return TrainingResult(
                folder.url, steps: results.reduce(0) { $0 + $1.steps }, dropped: results.first?.dropped,
                notes: results.first?.notes)
        }
    }

    /// The files of a folder under another name, without a second copy where the file system can share them.
    private func link(_ source: URL, to destination: URL) throws {
        try FileSystem.createFolder(destination)
        for file in try FileSystem.contents(of: source) {
            let other = destination.appendingPathComponent(file.lastPathComponent)
            do {
                try FileManager.default.linkItem(at: file, to: other)
            } catch {
                try FileManager.default.copyItem(at: file, to: other)
            }
        }
    }

    /// As many rows as there are, drawn with replacement.
    private static func bootstrap(_ count: Int, seed: UInt64) -> [Int] {
        var random = RandomSource(seed: seed)
        return (0..<count).map { _ in random.integer(below: count) }
    }
}

extension RunContext {
    /// What an earlier process finished here; nil where something is left to do.
    fileprivate func finishedResult() throws -> TrainingResult? {
        guard case .resume = mode, let output = run.output else { return nil }
        let folder = URL(fileURLWithPath: output)
        let manifest = try RunManifest(contentsOf: folder.appendingPathComponent("run.json"))
        guard manifest.status == .finished else { return nil }
        return TrainingResult(folder, steps: manifest.lastStep)
    }
}
