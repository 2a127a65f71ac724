import Alignment
import Evaluation
import Foundation
import JSON
import Runs
import Torch

/// A verb that runs a job. The command line and recipes read its settings and run it in the same way.
public struct Verb: Sendable {
    public let name: String
    public let product: Product
    private let preparation: @Sendable (Verb, ConfigurationReader) throws -> PreparedVerb

    /// - Parameters:
    ///   - defaults: all its settings, as they are where nothing else is said.
    ///   - job: what it does with them.
    public init<Settings: VerbSettings>(
        _ name: String, product: Product, defaults: Settings,
        job: @escaping @Sendable (Settings, VerbCall) throws -> VerbResult
    ) {
        self.name = name
        self.product = product
        preparation = { verb, reader in
            let resolved = try reader.read(defaults)
            return PreparedVerb(verb: verb, resolved: resolved, job: job)
        }
    }

    /// Reads the settings; nothing else happens yet.
    ///
    /// - Throws: ``ConfigurationError``.
    public func prepare(_ reader: ConfigurationReader) throws -> PreparedVerb {
        try preparation(self, reader)
    }
}

/// One run of a verb.
public struct VerbCall {
    /// Where it writes, what computes it, and who is watching.
    public let context: JobContext
    /// What was typed and what went before, for a report.
    public let framing: EvaluateJob.Framing
}

/// All settings of a verb: sections of a configuration, those of every run among them.
public protocol VerbSettings: ConfigurationSection {
    var run: RunConfiguration { get }
    /// What the job reads.
    var inputs: [VerbInput] { get }
}

/// A verb with its settings, ready to run.
public struct PreparedVerb {
    public let verb: Verb
    public let inputs: [VerbInput]
    /// All settings as a file that says the same.
    public let yaml: String
    /// Keys of the file that change nothing here, for a note to the user.
    public let ignoredKeys: [String]
    private let job: (RunFolder.Mode, ProgressDisplay, EvaluateJob.Framing) throws -> VerbResult

    init<Settings: VerbSettings>(
        verb: Verb, resolved: ResolvedConfiguration<Settings>,
        job: @escaping (Settings, VerbCall) throws -> VerbResult
    ) {
        self.verb = verb
        inputs = resolved.value.inputs
        yaml = resolved.yaml
        ignoredKeys = resolved.ignoredKeys
        self.job = { mode, progress, framing in
            let run = resolved.value.run
            try Torch.start(threads: run.threads)
            let context = try JobContext(
                verb: verb.name, run: run, mode: mode,
                settings: try JSONValue(encoding: resolved.value).withoutSections, progress: progress)
            return try job(resolved.value, VerbCall(context: context, framing: framing))
        }
    }

    /// - Parameters:
    ///   - mode: what to do where the output is there already.
    ///   - framing: what was typed and what went before, for a report.
    public func run(
        mode: RunFolder.Mode, progress: ProgressDisplay, framing: EvaluateJob.Framing
    ) throws -> VerbResult {
        try job(mode, progress, framing)
    }
}

/// What a verb has to say when it is done.
public struct VerbResult {
    /// For programs.
    public let json: any Encodable
    /// For people.
    public let lines: [String]

    public init(json: any Encodable, lines: [String]) {
        self.json = json
        self.lines = lines
    }
}

extension JSONValue {
    /// The settings of sections inside sections in one flat object, as a configuration file has them.
    fileprivate var withoutSections: JSONValue {
        func flat(_ settings: JSONObject) -> [(key: String, value: JSONValue)] {
            settings.flatMap { setting in setting.value.object.map(flat) ?? [setting] }
        }
        return object.map { .object(JSONObject(flat($0).sorted { $0.key < $1.key })) } ?? self
    }
}
