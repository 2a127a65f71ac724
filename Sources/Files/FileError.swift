import Errors
import Foundation

/// Why a file or folder could not be read, written or put in its place.
public enum FileError: CategorizedError, Equatable, Sendable, CustomStringConvertible {
    /// The operating system refused the action; `code` is its `errno`.
    case refused(URL, Action, code: Int32)
    /// The destination holds something, and nothing was asked to replace it.
    case alreadyExists(URL)
    /// Another writer holds it; `process` is its id where it left one.
    case inUse(URL, process: Int32?)
    /// What was being written has been removed or replaced by somebody else.
    case lost(URL)

    public enum Action: String, Sendable {
        case create, read, write, list, remove
        case synchronize = "write out to the disk"
        case moveIntoPlace = "move into place"
    }

    public var category: ErrorCategory {
        switch self {
        case .alreadyExists: .cannotCreate
        case .inUse: .tryAgain
        case .lost: .inputOutput
        case .refused(_, _, ENOSPC), .refused(_, _, EDQUOT), .refused(_, _, EIO): .inputOutput
        case .refused(_, .read, ENOENT), .refused(_, .read, ENOTDIR): .missingInput
        case .refused(_, .create, _), .refused(_, .moveIntoPlace, _): .cannotCreate
        case .refused: .inputOutput
        }
    }

    public var description: String {
        switch self {
        case .refused(let url, let action, let code):
            "\(url.path): cannot \(action.rawValue): \(String(cString: strerror(code))); "
                + Self.remedy(for: code)
        case .alreadyExists(let url):
            "\(url.path): exists already; remove it or choose another output"
        case .inUse(let url, let process):
            "\(url.path): in use by \(process.map { "process \($0)" } ?? "another writer"); "
                + "wait for it to end or choose another output"
        case .lost(let url):
            "\(url.path): removed or replaced while it was being written; "
                + "start again, and leave it in place until it is done"
        }
    }

    /// The same about a file, a folder or something in it, under the name that users know it by.
    package func naming(_ item: URL, insteadOf hidden: URL) -> FileError {
        func named(_ url: URL) -> URL {
            guard url.path == hidden.path || url.path.hasPrefix(hidden.path + "/") else { return url }
            return URL(fileURLWithPath: item.path + url.path.dropFirst(hidden.path.count))
        }
        return switch self {
        case .refused(let url, let action, let code): .refused(named(url), action, code: code)
        case .alreadyExists(let url): .alreadyExists(named(url))
        case .inUse(let url, let process): .inUse(named(url), process: process)
        case .lost(let url): .lost(named(url))
        }
    }

    private static func remedy(for code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "free some space on that disk, then continue"
        case ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG: "check the path"
        case EACCES, EPERM, EROFS: "check its permissions or choose another folder"
        case EMFILE, ENFILE: "close other programs or raise the limit on open files (ulimit -n)"
        default: "check the disk, then continue"
        }
    }
}
