import Errors

/// How something that has options is named on the command line and in files: `NAME[:key=value,…]`. Values cannot hold a
/// comma. The first option may stand without its key where the name has one that it is about: `program:score.sh`.
public struct NamedArgument: Hashable, Sendable {
    /// What is named, as messages call it: `reward`.
    public let kind: String
    public let name: String
    public let values: [String: String]

    /// - Parameter subjects: the option that may stand first without its key, by name.
    /// - Throws: ``NamedArgumentError`` for a text of another form.
    public init(_ text: String, kind: String, subjects: [String: String] = [:]) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty else {
            throw NamedArgumentError.malformed(text, kind: kind)
        }
        var values: [String: String] = [:]
        var options = parts.dropFirst().flatMap {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        if let subject = subjects[String(name)], let first = options.first, !first.isEmpty,
            !first.contains("=")
        {
            values[subject] = String(first)
            options.removeFirst()
        }
        for option in options {
            let sides = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
                throw NamedArgumentError.malformed(text, kind: kind)
            }
            guard values.updateValue(String(sides[1]), forKey: String(sides[0])) == nil else {
                throw NamedArgumentError.repeatedOption(String(sides[0]), of: String(name), kind: kind)
            }
        }
        self.init(kind: kind, name: String(name), values: values)
    }

    public init(kind: String, name: String, values: [String: String] = [:]) {
        self.kind = kind
        self.name = name
        self.values = values
    }

    /// - Throws: ``NamedArgumentError/unknownOption(_:of:kind:known:)`` for an option that is not among `known`.
    public func check(options known: some Collection<String>) throws {
        guard let option = values.keys.sorted().first(where: { !known.contains($0) }) else { return }
        throw NamedArgumentError.unknownOption(option, of: name, kind: kind, known: Array(known))
    }

    public func string(_ option: String) -> String? { values[option] }

    /// The option's number, or `fallback` where it is not given.
    ///
    /// - Throws: ``NamedArgumentError/unfitValue(_:option:of:kind:expected:)`` outside `lowest..<limit`.
    public func number(
        _ option: String, default fallback: Double, from lowest: Double = -.infinity,
        below limit: Double = .infinity
    ) throws -> Double {
        guard let text = values[option] else { return fallback }
        guard let number = Double(text), SettingRange.any.contains(number), number >= lowest, number < limit
        else {
            let range =
                limit.isFinite
                ? " from \(lowest) to below \(limit)" : lowest.isFinite ? " of at least \(lowest)" : ""
            throw unfit(option, expected: "a number\(range)")
        }
        return number
    }

    /// Whether the option is `true`; false where it is not given.
    ///
    /// - Throws: ``NamedArgumentError/unfitValue(_:option:of:kind:expected:)`` for another word than `true` and `false`.
    public func flag(_ option: String) throws -> Bool {
        switch values[option] {
        case nil, "false": return false
        case "true": return true
        default: throw unfit(option, expected: "true or false")
        }
    }

    /// That the value of an option is none of those expected.
    public func unfit(_ option: String, expected: String) -> NamedArgumentError {
        .unfitValue(values[option] ?? "", option: option, of: name, kind: kind, expected: expected)
    }
}

/// Why an ``NamedArgument`` cannot be used. `kind` says what it names, in the singular.
public enum NamedArgumentError: CategorizedError, Equatable, CustomStringConvertible {
    case malformed(String, kind: String)
    case unknownName(String, kind: String, known: [String])
    case unknownOption(String, of: String, kind: String, known: [String])
    case repeatedOption(String, of: String, kind: String)
    case missingOption(String, of: String, kind: String, hint: String)
    case unfitValue(String, option: String, of: String, kind: String, expected: String)

    public var category: ErrorCategory { .usage }

    public var description: String {
        switch self {
        case .malformed(let text, let kind):
            "\(kind) '\(text)': expected NAME or NAME:key=value,key=value"
        case .unknownName(let name, let kind, let known):
            "\(kind) '\(name)' is not known; "
                + (nearestName(to: name, among: known).map { "did you mean '\($0)'?" }
                    ?? "the \(kind)s are \(Self.list(known))")
        case .unknownOption(let option, let name, let kind, let known):
            "\(kind) '\(name)' has no option '\(option)'; its options are \(Self.list(known))"
                + (option.contains(":") ? ", with commas between them" : "")
        case .repeatedOption(let option, let name, let kind):
            "\(kind) '\(name)': option '\(option)' is given twice; keep one"
        case .missingOption(let option, let name, let kind, let hint):
            "\(kind) '\(name)' needs \(option)=…: \(hint)"
        case .unfitValue(let value, let option, let name, let kind, let expected):
            "\(kind) '\(name)': \(option)=\(value), expected \(expected)"
        }
    }

    private static func list(_ names: [String]) -> String { names.sorted().joined(separator: ", ") }
}
