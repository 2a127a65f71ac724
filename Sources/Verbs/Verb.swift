import Evaluation
import Foundation
import JSON
import Models
import Rewards
import Runs
import Settings
import Torch
import Training

/// Something to be done by its settings. The command line and recipes read these and do it in the same way.
public struct Verb: Sendable {
    public let name: String
    public let output: VerbOutput
    /// What to watch in the runs that it leaves; nil where it leaves none.
    public let guide: TrainingGuide?
    private let preparation: @Sendable (Verb, ConfigurationReader) throws -> PreparedVerb

    /// - Parameters:
    ///   - defaults: all its settings, as they are where nothing else is said.
    ///   - work: what it does with them.
    public init<Settings: VerbSettings>(
        _ name: String, output: VerbOutput, guide: TrainingGuide? = nil, defaults: Settings,
        work: @escaping @Sendable (Settings, VerbCall) throws -> VerbResult
    ) {
        self.init(name, output: output, guide: guide) { verb, reader in
            PreparedVerb(verb: verb, resolved: try reader.read(defaults), work: work)
        }
    }

    /// - Parameter preparation: reads the settings.
    init(
        _ name: String, output: VerbOutput, guide: TrainingGuide?,
        preparation: @escaping @Sendable (Verb, ConfigurationReader) throws -> PreparedVerb
    ) {
        self.name = name
        self.output = output
        self.guide = guide
        self.preparation = preparation
    }

    /// Reads the settings; nothing else happens yet.
    ///
    /// - Throws: `ConfigurationError`.
    public func prepare(_ reader: ConfigurationReader) throws -> PreparedVerb {
        try preparation(self, reader)
    }
}

/// One run of a verb.
public struct VerbCall {
    /// Where it writes, what computes it, who is watching and who judges.
    public let context: RunContext
    /// What was typed and what went before, for a report.
    public let origin: ReportOrigin
    /// Those that made the runs that it may be shown.
    public let verbs: [Verb]
}

/// All settings of a verb: sections of a configuration, those of every run among them.
public protocol VerbSettings: ConfigurationSection {
    var run: RunConfiguration { get }
    /// What it reads.
    var inputs: [VerbInput] { get }
    /// What it cannot do without and is not set.
    var missing: [InvalidSetting] { get }
    /// What its precision is chosen for.
    var purpose: RunConfiguration.Purpose { get }
}

extension VerbSettings {
    public var missing: [InvalidSetting] { [] }
    public var purpose: RunConfiguration.Purpose { .training }
}

/// A verb with its settings, ready to run.
public struct PreparedVerb {
    public let verb: Verb
    public let inputs: [VerbInput]
    /// What it cannot do without and is not set.
    public let missing: [InvalidSetting]
    /// Settings that do nothing, as others are what they are.
    public let idleSettings: Set<String>
    /// All settings as a file that says the same.
    public let yaml: String
    /// The same before values left open were resolved: what was asked for, whatever the machine.
    public let yamlAsAsked: String
    /// What the user should know about how the settings were understood.
    public var notes: [String] = []
    /// The file that the settings were read from, where there is one.
    public var configurationFile: URL?
    private let output: URL?
    private let work:
        (RunFolder.Mode, ProgressDisplay, ReportOrigin, [Verb], RewardCatalogue) throws -> VerbResult

    init<Settings: VerbSettings>(
        verb: Verb, resolved: ResolvedConfiguration<Settings>,
        work: @escaping (Settings, VerbCall) throws -> VerbResult
    ) {
        self.verb = verb
        (inputs, missing) = (resolved.value.inputs, resolved.value.missing)
        idleSettings = resolved.idleKeys
        yaml = resolved.yaml
        yamlAsAsked = resolved.yamlAsAsked
        notes = resolved.notes
        output = resolved.value.run.output.map { URL(fileURLWithPath: $0) }
        self.work = { [missing] mode, progress, origin, verbs, rewards in
            let run = resolved.value.run
            try InvalidSettings.check(missing)
            try Torch.start(threads: run.threads)
            var context = try RunContext(
                verb: verb.name, run: run, mode: mode == .new && run.replacesOutput ? .force : mode,
                settings: try JSONValue(encoding: resolved.value).flat(keys: resolved.keys),
                progress: progress)
            if let slowness = context.computation.slowness(for: resolved.value.purpose) {
                progress.note(slowness)
            }
            context.commandLine = origin.commandLine
            context.rewards = rewards
            context.people = { StoreJudge(store: URL(fileURLWithPath: $0), verb: verb.name) }
            return try work(resolved.value, VerbCall(context: context, origin: origin, verbs: verbs))
        }
    }

    /// - Parameters:
    ///   - mode: what to do where the output is there already.
    ///   - origin: what was typed and what went before, for a report.
    ///   - verbs: those whose runs it may be shown.
    ///   - rewards: those that its settings can name.
    public func run(
        mode: RunFolder.Mode, progress: ProgressDisplay, origin: ReportOrigin, verbs: [Verb] = Verb.all,
        rewards: RewardCatalogue = .standard
    ) throws -> VerbResult {
        if case .force = mode, let output {
            let files = inputs.flatMap(\.places) + [configurationFile].compactMap(\.self)
            try OutputIsInput.check(replacing: output, reading: files)
        }
        return try work(mode, progress, origin, verbs, rewards)
    }
}

/// What a verb reports when it is done.
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
    /// - Parameter keys: all of them; those that are not set are null.
    fileprivate func flat(keys: [String]) -> JSONValue {
        func members(_ settings: JSONObject) -> [(key: String, value: JSONValue)] {
            settings.flatMap { setting in setting.value.object.map(members) ?? [setting] }
        }
        let set = Dictionary(members(object ?? [:])) { first, _ in first }
        return .object(JSONObject(keys.sorted().map { (key: $0, value: set[$0] ?? .null) }))
    }
}
