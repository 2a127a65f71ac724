import Files
import Foundation
import JSON

/// What a run is made of and how it went: `run.json`.
public struct RunManifest: Equatable, Sendable {
    public enum Status: Equatable, Sendable {
        /// Being written; or killed, where no process holds the run folder.
        case running
        case finished
        /// Ended early on request, with a checkpoint to resume from.
        case interrupted
        case failed(reason: String)
    }

    /// Names the run wherever its folder is moved; children list it among their parents.
    public internal(set) var identifier: String
    /// The verb that started the run, such as `dpo`.
    public var command: String
    /// What was typed, to be typed again in the same folder; nil in runs of versions that did not say.
    public var commandLine: String?
    /// The resolved settings of the verb, an object.
    public var configuration: JSONValue
    /// Versions by the name of the component.
    public var versions: [String: String]
    public var seed: Int
    public var device: String
    /// What numbers were kept in, whatever was asked for; nil in runs of versions that did not say.
    public var precision: String?
    public var threads: Int
    public var inputs: [Input]
    /// Nil in runs of earlier versions.
    public var machine: Machine?
    public internal(set) var started: Date
    public internal(set) var ended: Date?
    public internal(set) var status = Status.running
    /// The last optimizer step that a checkpoint or the end of the run has secured; 0 before.
    public internal(set) var lastStep = 0
    /// What people should know about how it went.
    public internal(set) var notes: [String] = []
    /// Members of run.json that other versions wrote; kept as they are.
    var unknownMembers: JSONObject = [:]

    public init(
        command: String, configuration: JSONValue, versions: [String: String], seed: Int, device: String,
        precision: String? = nil, threads: Int, inputs: [Input], started: Date = Date()
    ) {
        self.identifier = UUID().uuidString.lowercased()
        self.command = command
        self.configuration = configuration
        self.versions = versions
        self.seed = seed
        self.device = device
        self.precision = precision
        self.threads = threads
        self.inputs = inputs
        self.started = started
    }

    /// The runs that the inputs come from, each once, in the order of the inputs.
    public var parents: [String] {
        inputs.compactMap(\.run).reduce(into: []) { parents, run in
            if !parents.contains(run) { parents.append(run) }
        }
    }
}

extension RunManifest {
    /// Something a run reads: data, the base model, the reference, a reward model.
    public struct Input: Equatable, Sendable {
        /// What the input is to the run, such as `train`, `model` or `reference`.
        public let role: String
        public let path: String
        /// ``ContentHash`` of the file or folder.
        public let sha256: String
        /// The run in whose folder the input lies.
        public let run: String?

        /// Hashes a file or folder and looks up whether a run made it.
        ///
        /// - Parameter name: what it was made of, where that is what run.json is to name; nil: the file itself.
        /// - Throws: ``FileError``, or ``RunError`` where the run.json beside the input is damaged.
        public init(role: String, _ url: URL, named name: String? = nil) throws {
            self.init(
                role: role, path: name ?? url.path, sha256: try ContentHash.sha256(of: url),
                run: try Self.run(around: url))
        }

        init(role: String, path: String, sha256: String, run: String?) {
            self.role = role
            self.path = path
            self.sha256 = sha256
            self.run = run
        }

        private static func run(around url: URL) throws -> String? {
            let file = RunManifest.file(in: url.resolvingSymlinksInPath().deletingLastPathComponent())
            return FileSystem.exists(file) ? try RunManifest(contentsOf: file).identifier : nil
        }
    }
}

// MARK: - Files

extension RunManifest {
    static func file(in folder: URL) -> URL { folder.appendingPathComponent("run.json") }

    /// - Throws: ``RunError/malformed(_:line:expected:found:)`` or ``FileError``.
    public init(contentsOf file: URL) throws {
        do {
            self = try RunManifest(
                JSONValue(parsing: FileSystem.read(file), tolerating: .largeIntegers))
        } catch let error as JSONSyntaxError {
            throw RunError.malformed(
                file, line: error.line, expected: error.expected, found: error.found ?? "the end of the file")
        } catch let error as UnexpectedMember {
            throw RunError.malformed(file, line: nil, expected: error.expected, found: error.found)
        }
    }

    func write(to file: URL) throws {
        try AtomicFile.write(Data(json.document.utf8), to: file)
    }
}
