import Files
import Foundation
import RandomNumbers
import Runs

extension RewardTraining {
    /// Trains the members one after the other, each a run of its own below this one: whole reward models (whole adapters, with
    /// LoRA) on one start that differ in the head they begin with, in the order of the rows and in which rows a bootstrap gives
    /// them. Members that share a trained body agree where they are wrong, which is what an ensemble is to find out; and a
    /// member that is a run of its own is resumed, measured and used like any other.
    func runEnsemble(context: JobContext) throws -> TrainingResult {
        let files = (training.trainingPaths + training.evaluation + method.normalize).map {
            (role: "rows", url: URL(fileURLWithPath: $0))
        }
        let folder = try context.openRun(inputs: source.inputs(role: "model") + files)
        let names = (1...method.ensemble).map { "member-\($0)" }
        let results = try folder.closingOnFailure {
            try names.map { name in
                let member = try context.member(name, of: folder.url)
                let draws = Self.bootstrap(rows.rows.count, seed: member.seeds.derived("bootstrap").value)
                return try member.finishedResult()
                    ?? run(draws, title: "reward model, \(name)", context: member)
            }
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
            run: folder.url.path, model: folder.url.appendingPathComponent("final").path,
            steps: results.reduce(0) { $0 + $1.steps }, dropped: results.first?.dropped)
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

extension JobContext {
    /// The context of a run inside a run, with its own place and its own seed; it goes on where a former process left it.
    fileprivate func member(_ name: String, of folder: URL) throws -> JobContext {
        let url = folder.appendingPathComponent(name)
        var run = run
        run.output = url.path
        // As many bits as a number in JSON keeps.
        run.seed = Int(seeds.derived(name).value >> 11)
        var member = try JobContext(
            verb: verb, run: run, mode: FileSystem.exists(url) ? .resume : .new, settings: settings,
            progress: progress)
        member.origins = origins
        return member
    }

    /// What a former process finished here; nil where something is left to do.
    fileprivate func finishedResult() throws -> TrainingResult? {
        guard case .resume = mode, let output = run.output else { return nil }
        let folder = URL(fileURLWithPath: output)
        let manifest = try RunManifest(contentsOf: folder.appendingPathComponent("run.json"))
        guard manifest.status == .finished else { return nil }
        return TrainingResult(
            run: output, model: folder.appendingPathComponent("final").path, steps: manifest.lastStep,
            dropped: nil)
    }
}

extension RunFolder {
    /// Runs `body`, which trains inside this run; where that ends early, so does this run.
    fileprivate func closingOnFailure<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch TrainingError.interrupted(let step, _) {
            try finish(.interrupted)
            throw TrainingError.interrupted(step: step, folder: url)
        } catch let error as TrainingError {
            try finish(.failed(reason: error.description))
            throw error
        }
    }
}
