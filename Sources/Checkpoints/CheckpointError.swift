import Errors
import Foundation

/// What is wrong with a file, in the order a person needs it: where, what was expected, what was found, what
/// to do next.
public struct CheckpointError: CategorizedError, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// Nothing is there to read.
        case missing
        /// The bytes break the rules of their own format: damaged, cut short or inconsistent.
        case malformed
        /// The file is sound, but asks for something that is not implemented.
        case unsupported
        /// The operating system refused to read what is there. Writing fails with errors of `Files`.
        case inputOutput
    }

    public let kind: Kind
    /// `nil` only where a value was decoded from something other than a file of its own.
    public let file: URL?
    /// The tensor, key or byte within the file.
    public let place: String?
    public let expected: String
    public let found: String
    public let remedy: String

    public var category: ErrorCategory {
        switch kind {
        case .missing: .missingInput
        case .malformed, .unsupported: .badData
        case .inputOutput: .inputOutput
        }
    }

    public var description: String {
        let location = [file?.path, place].compactMap { $0 }.map { $0 + ": " }.joined()
        return "\(location)expected \(expected), found \(found); \(remedy)"
    }

    init(
        _ kind: Kind, file: URL? = nil, place: String? = nil, expected: String, found: String, remedy: String
    ) {
        self.kind = kind
        self.file = file
        self.place = place
        self.expected = expected
        self.found = found
        self.remedy = remedy
    }

    static func malformed(
        _ file: URL?, _ place: String?, expected: String, found: String,
        remedy: String = "the file is damaged or cut short: fetch it or write it again"
    ) -> CheckpointError {
        CheckpointError(
            .malformed, file: file, place: place, expected: expected, found: found, remedy: remedy)
    }

    /// The operating system would not let us read. Call it at once: it uses `errno`.
    static func system(_ file: URL, _ action: String) -> CheckpointError {
        let code = errno
        let remedy =
            switch code {
            case ENOENT, ENOTDIR: "check the path"
            case EACCES, EPERM: "check the permissions"
            default: "check the disk and run it again"
            }
        return CheckpointError(
            code == ENOENT || code == ENOTDIR ? .missing : .inputOutput, file: file,
            expected: "to \(action)", found: "“\(String(cString: strerror(code)))”", remedy: remedy)
    }

    /// The same error with the file it happened in.
    func located(in file: URL) -> CheckpointError {
        CheckpointError(kind, file: file, place: place, expected: expected, found: found, remedy: remedy)
    }
}

/// A name that came out of a file, made fit for one line of a terminal.
func quoted(_ name: String) -> String {
    let limit = 120
    let shown = name.prefix(limit).unicodeScalars.map {
        $0.properties.generalCategory == .control ? "�" : String($0)
    }
    return "'" + shown.joined() + (name.count > limit ? "…'" : "'")
}

/// The first few of many names, for an error that lists them.
func listed(_ names: some Collection<String>) -> String {
    let limit = 8
    let shown = names.sorted().prefix(limit).map(quoted).joined(separator: ", ")
    return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
}
