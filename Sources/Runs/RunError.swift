import Errors
import Foundation

/// Why a run cannot start, be resumed, or be read.
public enum RunError: CategorizedError, Equatable, Sendable, CustomStringConvertible {
    /// The folder holds a run; its manifest is `nil` where run.json is damaged.
    case alreadyExists(URL, RunManifest?)
    /// The folder holds something, but no run.json.
    case notARun(URL)
    /// A file stands where the folder is to be.
    case isFile(URL)
    /// The folder to replace holds, beside its run, what is not the run's.
    case holdsMore(URL, [String])
    case nothingToResume(URL)
    /// The run to resume is one of another verb.
    case otherVerb(URL, verb: String)
    /// The run to resume is finished.
    case alreadyFinished(URL)
    /// The run to resume was started with other settings or inputs; whether it has ended.
    case differs(URL, [String], isFinished: Bool = false)
    /// What is wrong with the newest checkpoint, where one before it is whole.
    case damagedCheckpoint(URL, what: String, older: URL)
    /// A file of a run folder is not what we write.
    case malformed(URL, line: Int?, expected: String, found: String)

    public var category: ErrorCategory {
        switch self {
        case .alreadyExists, .notARun, .isFile, .holdsMore, .alreadyFinished: .cannotCreate
        case .nothingToResume, .otherVerb: .missingInput
        case .differs, .damagedCheckpoint, .malformed: .badData
        }
    }

    public var description: String {
        switch self {
        case .alreadyExists(let folder, let manifest):
            "\(folder.path): holds a run already (\(Self.state(of: manifest))); "
                + "resume it with --resume, replace it with --force, or choose another --output"
        case .notARun(let folder):
            "\(folder.path): holds files but no run (no run.json); choose another --output"
        case .isFile(let file):
            "\(file.path): expected a folder for the run, found a file; choose another --output"
        case .holdsMore(let folder, let names):
            "\(folder.path): holds \(names.prefix(3).joined(separator: ", "))\(names.count > 3 ? ", …" : ""), "
                + "which no run writes and replacing it would remove; move that away, or choose another --output"
        case .nothingToResume(let folder):
            "\(folder.path): expected a run to resume, found no run.json; "
                + "check --output or leave out --resume"
        case .otherVerb(let folder, let verb):
            "\(folder.path): this is a run of heed \(verb); resume it with heed \(verb) --resume, or check --output"
        case .alreadyFinished(let folder):
            "\(folder.path): the run is finished, nothing to resume; its result is in \(folder.path)/final, from which "
                + "another run can go on (--model \(folder.path)/final --output NEW)"
        case .differs(let folder, let differences, let isFinished):
            "\(folder.path): cannot resume, this is not the same run: "
                + differences.joined(separator: "; ")
                + "; restore what differs, or start a new run with another --output"
                + (isFinished ? ", which can go on from this one's model (--model \(folder.path)/final)" : "")
        case .damagedCheckpoint(let checkpoint, let what, let older):
            "\(what). \(older.lastPathComponent) is whole: remove \(checkpoint.path), and --resume goes on from there"
        case .malformed(let file, let line, let expected, let found):
            "\(file.path)\(line.map { ":\($0)" } ?? ""): expected \(expected), found \(found); "
                + "the file is damaged: restore it or start a new run"
        }
    }

    private static func state(of manifest: RunManifest?) -> String {
        guard let manifest else { return "its run.json is damaged" }
        return switch manifest.status {
        case .running: "not ended, step \(manifest.lastStep)"
        case .finished: "finished, step \(manifest.lastStep)"
        case .interrupted: "interrupted, step \(manifest.lastStep)"
        case .failed(let reason): "failed, step \(manifest.lastStep): \(reason)"
        }
    }
}
