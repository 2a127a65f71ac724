import Files
import Foundation
import TestSupport
import Testing

@testable import Runs

@Suite struct RunFolderTests {
    let folder: TemporaryFolder
    let manifest = RunManifest.example()

    init() throws { folder = try TemporaryFolder() }

    private var out: URL { folder.item("out") }

    private func run(_ mode: RunFolder.Mode, mayDiffer: Set<String> = []) throws -> RunFolder {
        try RunFolder.create(at: out, manifest: manifest, mode: mode, mayDiffer: mayDiffer)
    }

    /// Steps after the last one through `step`, with a checkpoint at the end.
    private func train(_ run: RunFolder, through step: Int, keepingLast count: Int? = nil) throws {
        for step in (run.metrics.lastStep + 1)...step { try run.metrics.append(.example(step: step)) }
        try run.writeCheckpoint(step: step, keepingLast: count) { try write("weights \(step)", $0) }
    }

    private func write(_ text: String, _ folder: URL) throws {
        try Data(text.utf8).write(to: folder.appendingPathComponent("model.safetensors"))
    }

    @Test func aWholeLife() throws {
        let run = try run(.new)
        #expect(run.resumedCheckpoint == nil)
        #expect(try RunManifest(contentsOf: folder.item("out/run.json")).status == .running)
        try train(run, through: 3)
        #expect(try RunManifest(contentsOf: folder.item("out/run.json")).lastStep == 3)
        try run.samples.append(step: 3, ["text": "hello"])
        let final = try run.writeFinal { try write("final", $0) }
        #expect(final.path == folder.item("out/final").path)
        try run.finish(.finished, at: Date(timeIntervalSince1970: 1_700_000_060))
        let read = try RunManifest(contentsOf: folder.item("out/run.json"))
        #expect(read == run.manifest)
        #expect(read.status == .finished && read.lastStep == 3 && read.ended != nil)
        let names = try FileSystem.contents(of: out).map(\.lastPathComponent)
            .map { $0.hasPrefix("events.") ? "events" : $0 }
        #expect(
            names == [
                ".lock", "checkpoint-3", "events", "final", "metrics.jsonl", "run.json", "samples.jsonl",
            ])
    }

    // MARK: new

    @Test func neverOverwritesARun() throws {
        var first: RunFolder? = try run(.new)
        try first?.finish(.interrupted)
        first = nil
        let error = try #require(throws: RunError.self) { _ = try run(.new) }
        #expect(
            error.description
                == "\(out.path): holds a run already (interrupted, step 0); "
                + "resume it with --resume, replace it with --force, or choose another --output")
    }

    @Test(arguments: [RunFolder.Mode.new, .force])
    func neverTouchesAFolderThatIsNoRun(_ mode: RunFolder.Mode) throws {
        try folder.write("thesis", to: "out/thesis.tex")
        #expect(throws: RunError.notARun(out)) { _ = try run(mode) }
        #expect(try FileSystem.contents(of: out).map(\.lastPathComponent) == ["thesis.tex"])
    }

    @Test func aDamagedManifestStillMarksARun() throws {
        try folder.write("{", to: "out/run.json")
        #expect(throws: RunError.alreadyExists(out, nil)) { _ = try run(.new) }
        #expect(throws: RunError.self) { _ = try run(.resume) }
        _ = try run(.force)
        #expect(try RunManifest(contentsOf: folder.item("out/run.json")).identifier == manifest.identifier)
    }

    // MARK: force

    @Test func aFileIsNoFolderForARun() throws {
        try folder.write("thesis", to: "out")
        for mode in [RunFolder.Mode.new, .force] {
            #expect(throws: RunError.isFile(out)) { _ = try run(mode) }
        }
    }

    @Test func forceLeavesNothingOfTheOldRun() throws {
        try train(try run(.new), through: 2)
        let run = try run(.force)
        #expect(run.metrics.lastStep == 0)
        #expect(try run.latestCheckpoint() == nil)
        #expect(!FileSystem.exists(folder.item("out/metrics.jsonl")))
        // The old one is kept until there is something in its place.
        #expect(try folder.names == [".out.former", "out"])
        try train(run, through: 1)
        #expect(try folder.names == ["out"])
    }

    @Test func theOldRunComesBackWhereTheNewOneFails() throws {
        try train(try run(.new), through: 2)
        let run = try run(.force)
        try run.metrics.append(.example(step: 1))
        try run.finish(.failed(reason: "diverged"))
        #expect(run.hasGivenWay)
        #expect(try RunFolder.checkpoints(in: out).map(\.step) == [2])
        #expect(try folder.names == ["out"])
    }

    /// A killed process leaves the new run with nothing to show; another `--force` keeps what there is to show.
    @Test func theOldRunOutlivesKilledOnes() throws {
        try train(try run(.new), through: 2)
        for _ in 0..<2 { _ = try run(.force) }
        try run(.force).finish(.failed(reason: "diverged"))
        #expect(try RunFolder.checkpoints(in: out).map(\.step) == [2])
        // Killed between the two renames: nothing has the name.
        try FileSystem.rename(out, to: folder.item(".out.former"))
        #expect(throws: RunError.self) { _ = try run(.new) }
        #expect(try RunFolder.checkpoints(in: out).map(\.step) == [2])
        #expect(try folder.names == ["out"])
    }

    @Test func whatFailedBeforeItsFirstStepMayBeReplaced() throws {
        try run(.new).finish(.failed(reason: "no such reward"))
        let second = try run(.new)
        try second.metrics.append(.example(step: 1))
        try second.finish(.failed(reason: "diverged"))
        #expect(throws: RunError.self) { _ = try run(.new) }
    }

    // MARK: resume

    @Test func resumeNeedsARun() throws {
        #expect(throws: RunError.nothingToResume(out)) { _ = try run(.resume) }
        #expect(try folder.names == [])
    }

    @Test func resumeGoesBackToTheCheckpoint() throws {
        var first: RunFolder? = try run(.new)
        let identifier = try #require(first?.manifest.identifier)
        for step in [2, 4] { try train(try #require(first), through: step) }
        let whole = try folder.text(of: "out/metrics.jsonl")
        for step in 5...7 {
            try first?.metrics.append(.example(step: step))
            try first?.samples.append(step: step, ["text": "lost"])
        }
        try first?.finish(.interrupted)
        first = nil

        let other = RunManifest.example()
        #expect(other.identifier != identifier)
        let run = try RunFolder.create(at: out, manifest: other, mode: .resume)
        #expect(run.resumedCheckpoint == .init(step: 4, url: folder.item("out/checkpoint-4")))
        #expect(try folder.text(of: "out/metrics.jsonl") == whole)
        #expect(try folder.text(of: "out/samples.jsonl") == "")
        #expect(run.metrics.lastStep == 4)
        let manifest = try RunManifest(contentsOf: folder.item("out/run.json"))
        #expect(manifest.identifier == identifier && manifest.started == self.manifest.started)
        #expect(manifest.status == .running && manifest.lastStep == 4 && manifest.ended == nil)
    }

    /// What was typed to resume says nothing of the settings, which are in run.json.
    @Test func aResumedRunKeepsWhatWasTypedFirst() throws {
        var manifest = RunManifest.example()
        manifest.commandLine = "heed dpo --train pairs.jsonl --output out"
        _ = try RunFolder.create(at: out, manifest: manifest, mode: .new)
        manifest.commandLine = "heed dpo --resume --output out"
        let resumed = try RunFolder.create(at: out, manifest: manifest, mode: .resume).manifest
        #expect(resumed.commandLine == "heed dpo --train pairs.jsonl --output out")
        #expect(try RunManifest(contentsOf: folder.item("out/run.json")) == resumed)
    }

    @Test func interruptedAndResumedEqualsUninterrupted() throws {
        let straight = try RunFolder.create(at: folder.item("straight"), manifest: manifest, mode: .new)
        try train(straight, through: 6)
        var first: RunFolder? = try run(.new)
        try train(try #require(first), through: 3)
        try first?.metrics.append(.example(step: 4))
        first = nil
        try train(try run(.resume), through: 6)
        #expect(try folder.text(of: "out/metrics.jsonl") == folder.text(of: "straight/metrics.jsonl"))
    }

    @Test func resumeWithoutACheckpointStartsOver() throws {
        var first: RunFolder? = try run(.new)
        try first?.metrics.append(.example(step: 1))
        first = nil
        let run = try run(.resume)
        #expect(run.resumedCheckpoint == nil)
        #expect(run.metrics.lastStep == 0)
        #expect(try folder.text(of: "out/metrics.jsonl") == "")
    }

    @Test func resumeRefusesAnotherRunAndChangesNothing() throws {
        try train(try run(.new), through: 2)
        let before = try folder.text(of: "out/run.json")
        var other = manifest
        other.configuration = ["learning_rate": 2e-6, "loss": ["type": "sigmoid", "beta": 0.1]]
        let error = try #require(throws: RunError.self) {
            _ = try RunFolder.create(at: out, manifest: other, mode: .resume)
        }
        #expect(error == .differs(out, ["learning_rate was 1e-06 and is 2e-06"]))
        #expect(try folder.text(of: "out/run.json") == before)
        _ = try RunFolder.create(at: out, manifest: other, mode: .resume, mayDiffer: ["learning_rate"])
    }

    @Test func aFinishedRunGoesOnOnlyWithAnotherAim() throws {
        let first = { try self.run(.new).finish(.finished) }
        try first()
        #expect(throws: RunError.alreadyFinished(out)) { _ = try run(.resume) }
        var longer = manifest
        longer.configuration = [
            "learning_rate": 1e-6, "loss": ["type": "sigmoid", "beta": 0.1], "max_steps": 9,
        ]
        _ = try RunFolder.create(at: out, manifest: longer, mode: .resume, mayDiffer: ["max_steps"])
    }

    @Test func whatDoesNotBelongTogetherIsNamed() throws {
        func message(_ spoil: () throws -> Void) throws -> String? {
            try? FileSystem.remove(out)
            try train(try run(.new), through: 2)
            try spoil()
            do { _ = try run(.resume) } catch let error as RunError { return error.description }
            return nil
        }
        #expect(try message {} == nil)
        // As checkpoints of earlier versions are.
        #expect(try message { try FileSystem.remove(folder.item("out/checkpoint-2/SHA256SUMS")) } == nil)
        #expect(
            try message { try folder.write("weights 3", to: "out/checkpoint-2/model.safetensors") }
                == "\(out.path)/checkpoint-2/model.safetensors: expected the bytes whose hash stands in SHA256SUMS, "
                + "found others, or nothing; the file is damaged: restore it or start a new run")
        #expect(
            try message { try FileSystem.remove(folder.item("out/checkpoint-2/model.safetensors")) }?
                .contains("checkpoint-2/model.safetensors: expected the bytes") == true)
        let log = MetricsLog.file(in: out)
        let short = try message {
            try folder.write(
                String(folder.text(of: "out/metrics.jsonl").prefix { $0 != "\n" }) + "\n",
                to: "out/metrics.jsonl")
        }
        #expect(short?.hasPrefix("\(log.path): expected records of all steps through 2") == true)
        let negative = try message {
            let text = try folder.text(of: "out/metrics.jsonl").replacingOccurrences(
                of: "\"step\": 2", with: "\"step\": -1")
            try folder.write(text, to: "out/metrics.jsonl")
        }
        #expect(negative?.hasPrefix(log.path) == true)
    }

    /// Only of the newest checkpoint is anything asked; where that is damaged and one before it is whole, it is named.
    @Test func aWholeCheckpointBeforeADamagedOneIsNamed() throws {
        func trainTwice(_ run: RunFolder) throws { for step in [2, 4] { try train(run, through: step) } }
        try trainTwice(run(.new))
        try folder.write("weights 3", to: "out/checkpoint-4/model.safetensors")
        func message() -> String? {
            do { _ = try run(.resume) } catch { return "\(error)" }
            return nil
        }
        let found = try #require(message())
        #expect(
            found.hasPrefix("\(out.path)/checkpoint-4/model.safetensors: expected the bytes")
                && found.hasSuffix(
                    ". checkpoint-2 is whole: remove \(out.path)/checkpoint-4, and --resume goes on from there"
                ))
        try folder.write("weights 3", to: "out/checkpoint-2/model.safetensors")
        #expect(message()?.contains("is whole") == false)
        try FileSystem.remove(folder.item("out/checkpoint-4"))
        #expect(message()?.contains("is whole") == false)
    }

    // MARK: Checkpoints

    /// As a process leaves them that is killed between the last checkpoint and the removal of the one before.
    @Test func surplusCheckpointsGo() throws {
        let run = try run(.new)
        for step in [2, 4, 6] { try train(run, through: step) }
        try run.removeCheckpoints(exceptLast: 1, and: 2)
        #expect(try RunFolder.checkpoints(in: out).map(\.step) == [2, 6])
        try run.removeCheckpoints(exceptLast: nil)
        #expect(try RunFolder.checkpoints(in: out).map(\.step) == [2, 6])
    }

    @Test func onlyWholeCheckpointsCount() throws {
        try train(try run(.new), through: 2)
        try folder.write("half", to: "out/.checkpoint-4.partial/model.safetensors")
        try folder.write("half", to: "out/.run.json.partial")
        try folder.write("x", to: "out/checkpoint-9")
        try FileSystem.createFolder(folder.item("out/checkpoint-5"))
        for name in ["checkpoint-007", "checkpoint--1", "checkpoint-", "checkpoint-6.old", "xcheckpoint-6"] {
            try folder.write("x", to: "out/\(name)/model.safetensors")
        }
        #expect(try RunFolder.checkpoints(in: out).map(\.step) == [2])
        let run = try run(.resume)
        #expect(try run.latestCheckpoint()?.step == 2)
        #expect(!FileSystem.exists(folder.item("out/.checkpoint-4.partial")))
        #expect(!FileSystem.exists(folder.item("out/.run.json.partial")))
    }

    @Test func stepsAreOrderedAsNumbers() throws {
        let run = try run(.new)
        for step in [5, 10, 100] { try train(run, through: step) }
        #expect(try RunFolder.checkpoints(in: out).map(\.step) == [5, 10, 100])
    }

    @Test func keepsTheLastFew() throws {
        let run = try run(.new)
        for step in 1...5 { try train(run, through: step, keepingLast: 2) }
        #expect(try RunFolder.checkpoints(in: out).map(\.step) == [4, 5])
    }

    @Test func aFailedCheckpointLeavesTheOnesBefore() throws {
        struct Mishap: Error {}
        let run = try run(.new)
        try train(run, through: 1)
        #expect(throws: Mishap.self) {
            try run.writeCheckpoint(step: 2, keepingLast: 1) { partial in
                try write("half", partial)
                throw Mishap()
            }
        }
        #expect(try run.latestCheckpoint()?.step == 1)
        #expect(run.manifest.lastStep == 1)
        try run.writeCheckpoint(step: 1) { try write("again", $0) }
        #expect(try folder.text(of: "out/checkpoint-1/model.safetensors") == "again")
    }

    @Test func aLostFolderIsNotMadeAnew() throws {
        let run = try run(.new)
        try train(run, through: 1)
        try FileSystem.remove(out)
        #expect(throws: FileError.lost(folder.item("out/metrics.jsonl"))) {
            try run.metrics.append(.example(step: 2))
        }
        #expect(throws: FileError.lost(out)) { try run.writeCheckpoint(step: 2) { try write("x", $0) } }
        #expect(throws: FileError.lost(out)) { try run.finish(.finished) }
        #expect(try folder.names == [])
    }

    // MARK: One writer

    @Test(arguments: [RunFolder.Mode.resume, .force])
    func aRunHasOneWriter(_ mode: RunFolder.Mode) throws {
        let first = try run(.new)
        withExtendedLifetime(first) {
            #expect(throws: FileError.inUse(out, process: getpid())) { _ = try run(mode) }
            #expect(throws: RunError.self) { _ = try run(.new) }
        }
    }

    @Test func oneOfManyStartsIt() async throws {
        let (out, manifest) = (out, manifest)
        let started = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { (try? RunFolder.create(at: out, manifest: manifest, mode: .new)) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(started == 1)
        #expect(try folder.names == ["out"])
    }

    @Test func aKilledRunIsResumed() async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = out.path as String] in
            let run = try RunFolder.create(at: URL(fileURLWithPath: path), manifest: .example(), mode: .new)
            for step in 1...3 { try run.metrics.append(.example(step: step)) }
            try run.writeCheckpoint(step: 3) {
                try Data("x".utf8).write(to: $0.appendingPathComponent("model"))
            }
            try run.metrics.append(.example(step: 4))
            try run.writeCheckpoint(step: 4) { partial in
                try Data("half".utf8).write(to: partial.appendingPathComponent("model"))
                kill(getpid(), SIGKILL)
            }
        }
        #expect(try MetricsLog.read(folder.item("out/metrics.jsonl")).map(\.step) == [1, 2, 3, 4])
        #expect(FileSystem.exists(folder.item("out/.checkpoint-4.partial")))
        let run = try run(.resume)
        #expect(run.resumedCheckpoint?.step == 3)
        #expect(run.metrics.lastStep == 3)
        #expect(!FileSystem.exists(folder.item("out/.checkpoint-4.partial")))
    }
}

extension MetricsRecord {
    static func example(step: Int) -> MetricsRecord {
        MetricsRecord(
            step: step, epoch: Double(step) / 3, tokens: 100 * step, seconds: Double(step) / 4,
            metrics: [Metric("loss", 1 / Double(step)), Metric("grad_norm", 0.1 * Double(step))])
    }
}
