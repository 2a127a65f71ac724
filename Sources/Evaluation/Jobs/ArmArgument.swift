import Foundation
import Settings

/// An arm as it is named: `MODEL` or `NAME=MODEL`, and `@N` behind the model where the best of N answers are its own.
public struct ArmArgument: Equatable, Sendable {
    public let name: String
    /// Of the model.
    public let path: String
    /// How many answers the proxy chooses from; nil where answers are taken as they come.
    public let best: Int?

    /// - Parameter defaultName: of a model alone; nil: after its folder.
    /// - Throws: `InvalidSetting` for `@N` that is no number of at least 2, or that a folder has in its own name.
    public init(_ text: String, key: String, defaultName: String? = nil) throws {
        let whole = NamedPath(text, defaultName: defaultName)
        guard let mark = whole.path.lastIndex(of: "@"), mark != whole.path.startIndex,
            case let count = whole.path[whole.path.index(after: mark)...],
            !count.isEmpty, count.allSatisfy(\.isASCIIDigit)
        else {
            (name, path, best) = (whole.name, whole.path, nil)
            return
        }
        guard !FileManager.default.fileExists(atPath: whole.path) else {
            throw InvalidSetting(
                key,
                expected: "MODEL@N for the best of N answers, or \(whole.path)/ for the folder of that name",
                found: whole.path)
        }
        guard let best = Int(count), (2...Self.mostAnswers).contains(best) else {
            throw InvalidSetting(
                key, expected: "MODEL@N with N from 2 to \(Self.mostAnswers)", found: whole.path)
        }
        let path = String(whole.path[..<mark])
        let isNamed = whole.path != text
        (self.path, self.best) = (path, best)
        name = isNamed ? whole.name : "\(NamedPath(path, defaultName: defaultName).name)@\(best)"
    }

    private static let mostAnswers = 1000
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
