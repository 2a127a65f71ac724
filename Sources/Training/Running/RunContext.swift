import Files
import Foundation
import JSON
import LanguageModels
import Models
import Rewards
import Runs
import Settings
import Torch

/// What the work of a verb needs besides its own settings: where it writes, what computes it, who is watching and who judges.
public struct RunContext: Sendable {
    /// The verb, as run.json names it.
    public let verb: String
    public let run: RunConfiguration
    public let mode: RunFolder.Mode
    /// All settings as they were resolved.
    public let settings: JSONValue
    /// What was typed, for run.json; nil where nothing was.
    public var commandLine: String?
    public let computation: Computation
    /// The rewards that settings can name.
    public var rewards = RewardCatalogue.standard
    /// People who judge in a store, by its path; nil: they write files.
    public var people: (@Sendable (_ store: String) -> any HumanJudge)?
    /// What run.json names in place of a file that was made of it, such as the store that rows were taken from, by the
    /// file's path.
    public var origins: [String: String] = [:]
    /// Called once the run's folder is there and held.
    public var onOpening: @Sendable (RunFolder) throws -> Void = { _ in }
    /// Called with the run's folder whenever more responses are explained in it.
    public var onExplained: @Sendable (URL) throws -> Void = { _ in }

    /// - Throws: `DeviceError` when there is no such device.
    public init(
        verb: String, run: RunConfiguration, mode: RunFolder.Mode = .new, settings: JSONValue = .null,
        progress: ProgressDisplay = ProgressDisplay(style: .quiet)
    ) throws {
        self.verb = verb
        self.run = run
        self.mode = mode
        self.settings = settings
        computation = try Computation(run, progress: progress)
    }

    public var device: Device { computation.device }
    public var precision: Precision { computation.precision }
    public var seeds: SeedSequence { computation.seeds }
    public var progress: ProgressDisplay { computation.progress }

    // MARK: Results

    /// What is expected as output.
    public static let outputFolder = "a folder for the results (--output DIR)"
    public static let outputFile = "a file for the results (--output FILE)"

    /// Where the results go.
    /// - Parameter what: `a folder for the results (--output DIR)`, for the message.
    public func output(_ what: String = outputFolder) throws -> URL {
        guard let output = run.output else { throw InvalidSetting.noOutput(what) }
        return URL(fileURLWithPath: output)
    }

    /// The file that rows are written to; it is there already only where the user asked to replace it.
    /// - Throws: where there is a folder of its name, which no file replaces.
    public func outputFile() throws -> URL {
        let url = try output(Self.outputFile)
        guard !FileSystem.isFolder(url) else { throw OutputIsFolder(url: url) }
        if case .force = mode { return url }
        guard !FileSystem.exists(url) else { throw OutputExists(file: url) }
        return url
    }

    /// The folder that results are written to as a whole. What is there already is replaced only where the user asked for it,
    /// and only where it is such a folder.
    /// - Parameter names: of what lies in one.
    public func outputFolder(of names: [String]) throws -> URL {
        let url = try output()
        try OutputIsSomethingElse.check(url, holdsOnly: names)
        if case .force = mode { return url }
        guard try !FileSystem.exists(url) || FileSystem.contents(of: url).isEmpty else {
            throw OutputExists(file: url)
        }
        return url
    }

    /// Opens the run's folder, a new one or the one to resume, and works in it. Where the work ends early, so does the run:
    /// run.json then says why.
    /// - Parameters:
    ///   - inputs: everything the run reads, by role.
    ///   - mode: another one than the context's.
    public func inRun<Result>(
        inputs: [(role: String, url: URL)], mode: RunFolder.Mode? = nil, _ work: (RunFolder) throws -> Result
    ) throws -> Result {
        let folder = try openRun(inputs: inputs, mode: mode ?? self.mode)
        do {
            return try work(folder)
        } catch let error as Interrupted {
            try folder.finish(.interrupted)
            throw Interrupted(error.progress, remedy: "continue with \(folder.resumption)")
        } catch let error as any WaitingForPeople {
            try folder.finish(.interrupted)
            throw error
        } catch {
            // What went wrong is what the user must hear of, even where it cannot be written down.
            try? folder.finish(.failed(reason: "\(error)"))
            if folder.hasGivenWay { progress.note("\(folder.url.path) is again the run that it was before") }
            throw error
        }
    }

    private func openRun(inputs: [(role: String, url: URL)], mode: RunFolder.Mode) throws -> RunFolder {
        let output = try output()
        var manifest = RunManifest(
            command: verb, configuration: settings,
            versions: ["heed": Heed.version, "libtorch": Torch.runningVersion], seed: run.seed,
            device: device.description, precision: "\(precision)", threads: Torch.threadCount,
            inputs: try inputs.map {
                try RunManifest.Input(role: $0.role, $0.url, named: origins[$0.url.path])
            })
        manifest.machine = .current
        manifest.commandLine = commandLine
        let folder = try RunFolder.create(
            at: output, manifest: manifest, mode: mode, mayDiffer: Self.mayDifferOnResume)
        try onOpening(folder)
        return folder
    }

    /// Settings that a resumed run may change: they leave its numbers alone.
    private static let mayDifferOnResume: Set<String> = [
        "output", "overwrite_output_dir", "checkpoint_every", "keep_checkpoints", "log_every", "eval_every",
        "activation_checkpointing", "threads", "preflight", "explain",
    ]

    // MARK: A run inside a run

    /// The context of a part of the run, which writes to a place of its own, draws its own numbers and is resumed by itself.
    ///
    /// - Parameters:
    ///   - name: names its random numbers.
    ///   - mode: nil: from where an earlier process left it.
    public func nested(_ name: String, output: URL, mode: RunFolder.Mode? = nil) throws -> RunContext {
        var run = run
        run.output = output.path
        // As many bits as a number in JSON keeps.
        run.seed = Int(seeds.derived(name).value >> 11)
        var part = try RunContext(
            verb: verb, run: run, mode: mode ?? (FileSystem.exists(output) ? .resume : .new),
            settings: settings, progress: progress)
        (part.rewards, part.people, part.origins) = (rewards, people, origins)
        part.commandLine = commandLine
        return part
    }
}
