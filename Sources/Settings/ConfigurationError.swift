import Errors
import Foundation

/// Where a setting was made, as messages name it.
public enum SettingOrigin: Equatable, Sendable, CustomStringConvertible {
    case file(String, line: Int?)
    case flag(String)
    case defaults

    public var description: String {
        switch self {
        case .file(let name, let line?): "\(name):\(line)"
        case .file(let name, nil): name
        case .flag(let flag): flag
        case .defaults: "defaults"
        }
    }

    /// What a message about a key begins with: the place and the key, which one of them may say alone.
    func place(of key: String) -> String {
        switch self {
        case .flag(let flag) where ConfigurationOverride.key(of: flag) == key: flag
        case .flag, .file: "\(self): \(key)"
        case .defaults: key
        }
    }
}

/// Why a configuration cannot be used.
public enum ConfigurationError: CategorizedError, Equatable, CustomStringConvertible {
    case unreadable(file: String, reason: String)
    case malformed(SettingOrigin, reason: String)
    case unknownKey(String, SettingOrigin, nearest: String?)
    case unfitValue(key: String, SettingOrigin, expected: String, found: String)
    case unsupported(key: String, SettingOrigin, expected: [String], found: String, why: String)
    case setTwice(key: String, SettingOrigin, other: String, SettingOrigin)
    /// All that is wrong with a file, in its order.
    indirect case several([ConfigurationError])

    public var category: ErrorCategory {
        switch self {
        case .unreadable: .missingInput
        case .unknownKey(_, .flag, _), .unfitValue(_, .flag, _, _), .unfitValue(_, .defaults, _, _): .usage
        case .malformed, .unknownKey, .unfitValue, .unsupported, .setTwice: .badData
        case .several(let errors): errors.contains { $0.category == .badData } ? .badData : .usage
        }
    }

    public var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "\(file): the configuration cannot be read (\(reason))"
        case .malformed(let origin, let reason):
            "\(origin): expected YAML with one key per line, \(reason)"
        case .unknownKey(let key, let origin, let nearest):
            "\(origin): '\(key)' is not a setting of this verb; "
                + (nearest.map { "did you mean '\($0)'?" } ?? "--print-config lists them all")
        case .unfitValue(let key, let origin, let expected, let found):
            "\(origin.place(of: key)): expected \(expected), found \(found)"
        case .unsupported(let key, let origin, let expected, let found, let why):
            "\(origin): \(key): \(why); expected \(expected.joined(separator: " or ")), found \(found)"
        case .setTwice(let key, let origin, let other, let otherOrigin):
            "\(origin): '\(key)' says again what '\(other)' says at \(otherOrigin); keep one"
        case .several(let errors):
            errors.map(\.description).joined(separator: "\n")
        }
    }

    /// One error, or all of them as one.
    init(_ errors: [ConfigurationError]) {
        self = errors.count == 1 ? errors[0] : .several(errors)
    }
}
