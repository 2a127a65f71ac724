import Errors

/// A group of settings that configuration files and the flags of a verb name by the same keys.
///
/// `CodingKeys` spell each key as it is in a file: the flag without its dashes, words joined by underscores. A value
/// made by the type's own initializer carries the defaults. A property that is itself a section takes its keys from the
/// same flat file: a method's configuration holds `var training = TrainingConfiguration(learningRate: 1e-6)` beside its
/// own settings.
public protocol ConfigurationSection: Codable, Sendable {
    /// What further keys, those of other tools' files above all, mean here.
    static var synonyms: [String: ConfigurationSynonym] { get }

    /// Which numbers its keys may have. The reader holds every number against its range, wherever it was set.
    static var ranges: [String: SettingRange] { get }

    /// Which of its keys, or of those of sections inside it, do something only beside others.
    static var needs: [String: SettingNeed] { get }

    /// - Throws: ``InvalidSetting`` for values of the right type that do not go together.
    func validate() throws

    /// Puts the values that will be used in place of those that are left open because they follow from others: what is printed
    /// and recorded then says what happens. Called once, on the whole configuration, when it is valid.
    mutating func resolve()
}

extension ConfigurationSection {
    public static var synonyms: [String: ConfigurationSynonym] { [:] }
    public static var ranges: [String: SettingRange] { [:] }
    public static var needs: [String: SettingNeed] { [:] }
    public func validate() throws {}
    public mutating func resolve() {}
}

/// What a key that Heed itself does not use means.
public enum ConfigurationSynonym: Sendable, Equatable {
    /// Another name of a key. Values found in `values` (lower case) are replaced; one replaced by nil sets nothing.
    case name(_ key: String, values: [String: String?] = [:])
    /// Decides about a key whatever else the file says of it: a value found in `values` (lower case) takes that key's place,
    /// one replaced by nil leaves it alone.
    case decides(_ key: String, values: [String: String?])
    /// A total, of which so many parts as another key says make one of a key's: that many, rounded up, takes the key's place.
    case total(of: String, eachOf: String)
    /// A mapping whose members are keys, by the names that they have in it.
    case members([String: String])
    /// It changes no result: accepted, and listed in a note.
    case ignored
    /// Something else is done in its place: accepted, with a note that says what.
    case replaced(by: String)
    /// It would change results: accepted only with a value (lower case) that asks for what happens anyway, which is what
    /// other tools do by default.
    case fixed(_ values: [String], why: String)
}

/// A setting of the right type whose value makes no sense; the reader of the configuration adds where it was set.
public struct InvalidSetting: CategorizedError, Equatable, CustomStringConvertible {
    public let key: String
    public let expected: String
    public let found: String

    public init(_ key: String, expected: String, found: String) {
        self.key = key
        self.expected = expected
        self.found = found
    }

    /// A setting that has to be made.
    public static func missing(_ key: String, _ expected: String) -> InvalidSetting {
        InvalidSetting(key, expected: expected, found: "nothing")
    }

    public var category: ErrorCategory { .usage }

    public var description: String { "\(key): expected \(expected), found \(found)" }

    /// Throws unless `condition` holds for a setting of value `found`.
    public static func check(
        _ condition: Bool, _ key: some CodingKey, expected: String, found: some CustomStringConvertible
    ) throws {
        guard condition else {
            throw InvalidSetting(key.stringValue, expected: expected, found: found.description)
        }
    }
}

/// Several settings with which nothing can be done, told at once.
public struct InvalidSettings: CategorizedError, CustomStringConvertible {
    public let settings: [InvalidSetting]

    public var category: ErrorCategory { .usage }

    public var description: String { settings.map(\.description).joined(separator: "\n") }

    /// - Throws: the one, or all of them as one; nothing where there is none.
    public static func check(_ settings: [InvalidSetting]) throws {
        if settings.count == 1 { throw settings[0] }
        if !settings.isEmpty { throw InvalidSettings(settings: settings) }
    }
}
