import Foundation
import Yams

/// A flag that was given on the command line.
public struct ConfigurationOverride {
    /// With its dashes, as messages name it: `--batch-size`.
    public let flag: String
    public let value: any Encodable

    public init(flag: String, value: any Encodable) {
        self.flag = flag
        self.value = value
    }

    /// The key of the same name: `batch_size`.
    package var key: String { Self.key(of: flag) }

    static func key(of flag: String) -> String {
        String(flag.drop { $0 == "-" }).replacingOccurrences(of: "-", with: "_")
    }

    package var setting: Setting {
        get throws { Setting(key: key, node: try Node.encoding(value), origin: .flag(flag)) }
    }
}

/// A configuration as it stands after flags, file and defaults.
public struct ResolvedConfiguration<Configuration: ConfigurationSection> {
    public let value: Configuration
    /// Keys of the file that change nothing here.
    public let ignoredKeys: [String]
    /// What the user should know about keys of other tools.
    public let notes: [String]
    /// Every key, in the order of the sections.
    public let keys: [String]
    /// The keys that do nothing, as others are what they are.
    public let idleKeys: Set<String>
    /// All settings as a file that says the same.
    public let yaml: String
    /// The same before open values were resolved: what was asked for, whatever the machine.
    public let yamlAsAsked: String
}

/// Reads configurations: a flag wins over the file, the file over the default.
///
/// Relative paths in a file mean what they mean on the command line: relative to the working directory.
public struct ConfigurationReader {
    private let fileSettings: [Setting]
    private let sharedSettings: [Setting]
    private let flagSettings: [Setting]

    /// - Throws: ``ConfigurationError`` for a file that is missing or not YAML.
    public init(file: URL?, overrides: [ConfigurationOverride] = []) throws {
        fileSettings = try file.map { try SettingList(contentsOf: $0).settings } ?? []
        sharedSettings = []
        flagSettings = try overrides.map { try $0.setting }
    }

    /// - Parameter shared: settings that hold where the configuration has their key and `settings` do not.
    package init(settings: [Setting], shared: [Setting], flags: [Setting]) {
        fileSettings = settings
        sharedSettings = shared
        flagSettings = flags
    }

    /// What was asked for under one of these keys, a flag before the file; nil where nothing was.
    package func setting(of keys: Set<String>) -> Setting? {
        flagSettings.last { keys.contains($0.key) } ?? fileSettings.last { keys.contains($0.key) }
    }

    /// The same settings without those of some keys, and with others in their place.
    package func replacing(_ keys: Set<String>, by settings: [Setting]) -> ConfigurationReader {
        ConfigurationReader(
            settings: fileSettings.filter { !keys.contains($0.key) } + settings, shared: sharedSettings,
            flags: flagSettings.filter { !keys.contains($0.key) })
    }

    /// These settings over those of a run that is resumed: what is said again must be the same, the rest need not be said.
    package func resuming(_ settings: [Setting]) -> ConfigurationReader {
        ConfigurationReader(settings: fileSettings, shared: settings, flags: flagSettings)
    }

    /// - Throws: ``ConfigurationError`` naming the place of every unknown key, of every value of the wrong type or outside its
    ///   range, and of values that a section refuses.
    public func read<Configuration: ConfigurationSection>(
        _ defaults: Configuration
    ) throws -> ResolvedConfiguration<Configuration> {
        let defaultNodes = try Node.encoding(defaults).mapping ?? Node.Mapping([])
        let known = KnownKeys()
        // Defaults decode to themselves; what matters is which keys they ask for.
        _ = try SettingsDecoder(settings: [:], defaults: defaultNodes, known: known).decode(
            Configuration.self)
        let defaultValues = try leaves(of: defaults, keys: known.inOrder)
        var resolution = SettingResolution(known)
        resolution.take(
            file: fileSettings, shared: sharedSettings, flags: flagSettings, defaults: defaultValues)
        var value = try resolution.decode { settings in
            try SettingsDecoder(settings: settings, defaults: defaultNodes, known: known)
                .decode(Configuration.self)
        }
        try resolution.checkNeeds(of: leaves(of: value, keys: known.inOrder), defaults: defaultValues)
        let asked = try yaml(of: value, keys: known.inOrder)
        value.resolve()
        return ResolvedConfiguration(
            value: value, ignoredKeys: resolution.ignoredKeys, notes: resolution.notes,
            keys: known.inOrder, idleKeys: known.idle(in: try leaves(of: value, keys: known.inOrder)),
            yaml: try yaml(of: value, keys: known.inOrder), yamlAsAsked: asked)
    }

    /// The values of a configuration by their keys, those of sections inside it among them.
    private func leaves(
        of configuration: some ConfigurationSection, keys: [String]
    ) throws -> [String: Node] {
        var values = Dictionary(uniqueKeysWithValues: keys.map { ($0, Node("null", Tag(.null))) })
        try Node.encoding(configuration).collectLeaves(into: &values)
        return values
    }

    private func yaml(of configuration: some ConfigurationSection, keys: [String]) throws -> String {
        let values = try leaves(of: configuration, keys: keys)
        let pairs = keys.compactMap { key in values[key].map { (Node(key), $0.withoutQuotes) } }
        return try Yams.serialize(node: Node(pairs), width: -1, allowUnicode: true)
    }
}

extension Node {
    /// Gathers the values of this mapping and of the mappings inside it, which are sections.
    fileprivate func collectLeaves(into values: inout [String: Node]) throws {
        for (key, value) in mapping ?? Node.Mapping([]) {
            if value.mapping != nil { try value.collectLeaves(into: &values) }
            values[key.string ?? ""] = value
        }
    }

    /// Texts without quotes where YAML needs none.
    fileprivate var withoutQuotes: Node {
        switch self {
        case .scalar(let scalar):
            scalar.isPlain || Node.Scalar(scalar.string).readsBackAsText ? Node(scalar.string) : self
        case .sequence(let list): Node(list.map(\.withoutQuotes), .implicit, .flow)
        default: self
        }
    }
}

extension Node.Scalar {
    fileprivate var readsBackAsText: Bool { Resolver.default.resolveTag(of: .scalar(self)) == .str }
}
