import Files
import Foundation
import JSON
import LanguageModels
import Runs
import Torch

/// What a job needs besides its own settings: where it writes, what computes it, and who is watching.
public struct JobContext: Sendable {
    /// The verb, as run.json names it.
    public let verb: String
    public let run: RunConfiguration
    public let mode: RunFolder.Mode
    /// All settings as they were resolved.
    public let settings: JSONValue
    public let progress: ProgressDisplay
    public let device: Device
    public let precision: Precision
    public let seeds: SeedSequence
    /// What run.json names in place of a file that was made of it, such as the store that rows were taken from, by the
    /// file's path.
    public var origins: [String: String] = [:]
    /// Called once the run's folder is there and held.
    public var onOpening: @Sendable (RunFolder) throws -> Void = { _ in }

    /// - Throws: `DeviceError` when there is no such device.
    public init(
        verb: String, run: RunConfiguration, mode: RunFolder.Mode, settings: JSONValue,
        progress: ProgressDisplay
    ) throws {
        self.verb = verb
        self.run = run
        self.mode = mode
        self.settings = settings
        self.progress = progress
        device = try Device(named: run.device)
        precision = run.precision.resolved(on: device)
        seeds = SeedSequence(run.seed)
    }

    /// Shows a model or data set being fetched.
    var downloadProgress: CatalogueStore.ProgressHandler { FetchingProgress(progress).update }

    /// A generator of random tensors for one named purpose.
    func generator(_ purpose: String) -> Generator { Generator(seed: seeds.derived(purpose).value) }

    /// Opens the run's folder: a new one, or the one to go on with.
    /// - Parameters:
    ///   - inputs: everything the job reads, by role.
    ///   - mode: another one than that of the job.
    func openRun(
        inputs: [(role: String, url: URL)], mode: RunFolder.Mode? = nil
    ) throws -> RunFolder {
        guard let output = run.output else {
            throw InvalidSetting(
                "output", expected: "a folder for the results (--output DIR)", found: "nothing")
        }
        let manifest = RunManifest(
            command: verb, configuration: settings,
            versions: ["heed": Heed.version, "libtorch": Torch.runningVersion], seed: run.seed,
            device: device.description, threads: Torch.threadCount,
            inputs: try inputs.map {
                try RunManifest.Input(role: $0.role, $0.url, named: origins[$0.url.path])
            })
        let folder = try RunFolder.create(
            at: URL(fileURLWithPath: output), manifest: manifest, mode: mode ?? self.mode,
            mayDiffer: Self.mayDifferOnResume)
        try onOpening(folder)
        return folder
    }

    /// The same for a part of the job, which writes to a place of its own and draws numbers of its own.
    ///
    /// - Parameter name: names its random numbers.
    func part(_ name: String, output: URL, mode: RunFolder.Mode) throws -> JobContext {
        var run = run
        run.output = output.path
        run.seed = Int(truncatingIfNeeded: seeds.derived(name).value)
        var part = try JobContext(
            verb: verb, run: run, mode: mode, settings: settings, progress: progress)
        part.origins = origins
        return part
    }

    /// The file that a job writes its rows to; it is there already only where the user asked to replace it.
    func outputFile() throws -> URL {
        guard let output = run.output else {
            throw InvalidSetting(
                "output", expected: "a file for the results (--output FILE)", found: "nothing")
        }
        let url = URL(fileURLWithPath: output)
        if case .force = mode { return url }
        guard !FileSystem.exists(url) else { throw OutputExists(file: url) }
        return url
    }

    /// Settings that a resumed run may change: they leave its numbers alone.
    private static let mayDifferOnResume: Set<String> = [
        "output", "checkpoint_every", "keep_checkpoints", "log_every", "eval_every",
        "activation_checkpointing",
    ]
}

extension RunConfiguration.Precision {
    /// bf16 only where the device multiplies it natively.
    func resolved(on device: Device) -> Precision {
        switch self {
        case .float32: .fp32
        case .bfloat16: .bf16
        case .automatic: !device.isCPU || Torch.hasNativeBFloat16 ? .bf16 : .fp32
        }
    }
}

/// Results are never overwritten unasked.
public struct OutputExists: Error, CustomStringConvertible {
    public let file: URL

    public init(file: URL) { self.file = file }

    public var description: String {
        "\(file.path): this file exists; choose another --output, or --force to replace it"
    }
}

/// Heed itself.
public enum Heed {
    public static let version = "0.1.0"
}

/// What a training job leaves behind.
public struct TrainingResult: Codable, Sendable {
    /// The run folder.
    public let run: String
    /// The model or adapter to use next.
    public let model: String
    public let steps: Int
    /// Rows that could not be used, in words; nil: all were.
    public let dropped: String?
    /// What people should know about how it went.
    public var notes: [String]?
}
