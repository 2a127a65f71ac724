import Yams

/// From settings as they were written to settings by the keys that Heed uses: synonyms are followed, flags take precedence
/// over the file, and what is wrong is gathered, so that it can be told all at once.
struct SettingResolution {
    private let known: KnownKeys
    private var settings: [String: Setting] = [:]
    /// Keys that were written for this configuration: not shared ones, which hold wherever they have a meaning.
    private var writtenKeys: Set<String> = []
    private var problems: [ConfigurationError] = []
    /// Keys of the file that change nothing here.
    private(set) var ignoredKeys: [String] = []
    /// Keys of other tools that ask for what happens anyway.
    private var agreeingKeys: [String] = []
    private var replacements: [String] = []

    init(_ known: KnownKeys) { self.known = known }

    /// What the user should know about the file's keys.
    var notes: [String] {
        var notes = replacements
        if !ignoredKeys.isEmpty {
            notes.append("without meaning here, ignored: \(ignoredKeys.joined(separator: ", "))")
        }
        if !agreeingKeys.isEmpty {
            let (count, names) = (agreeingKeys.count, agreeingKeys.prefix(4).joined(separator: ", "))
            notes.append(
                "\(count) key\(count == 1 ? "" : "s") of other tools ask for what happens here anyway: "
                    + names + (count > 4 ? ", …" : ""))
        }
        return notes
    }

    /// - Parameter defaults: of every key.
    mutating func take(
        file: [Setting], shared: [Setting], flags: [Setting], defaults: [String: Node]
    ) {
        var totals: [(setting: Setting, key: String, part: String)] = []
        var decisions: [(key: String, setting: Setting?)] = []
        for setting in file {
            switch known.synonyms[setting.key] {
            case nil: add(setting, as: setting.key)
            case .name(let key, let values)?:
                if let replaced = setting.replacingValue(by: values) { add(replaced, as: key) }
            case .decides(let key, let values)?: decisions.append((key, decision(setting, values)))
            case .total(let key, let part)?: totals.append((setting, key, part))
            case .members(let keys)?: addMembers(of: setting, as: keys)
            case .ignored?: ignoredKeys.append(setting.key)
            case .replaced(let what)?:
                if !setting.isNull { replacements.append("\(setting.origin): \(setting.key): \(what)") }
            case .fixed(let values, let why)?: compare(setting, values, why)
            }
        }
        for case (let key, let setting?) in decisions { settings[key] = setting }
        for flag in flags {
            settings[flag.key] = nil
            add(flag, as: flag.key)
        }
        for (setting, key, part) in totals {
            divide(setting, into: key, by: part, settings[part]?.node ?? defaults[part])
        }
        writtenKeys = Set(settings.keys)
        for setting in shared where known.inOrder.contains(setting.key) && settings[setting.key] == nil {
            settings[setting.key] = setting
        }
    }

    /// Decodes by `body`; a setting that it refuses is left out for the rest to be read, and told in the end.
    ///
    /// - Throws: ``ConfigurationError``.
    mutating func decode<Value>(_ body: ([String: Setting]) throws -> Value) throws -> Value {
        var value: Value?
        while value == nil {
            do {
                value = try body(settings)
            } catch let unfit as UnfitSetting {
                // What is wrong with defaults may follow from what was left out.
                let isSet = settings.removeValue(forKey: unfit.key) != nil
                if isSet || problems.isEmpty { problems.append(unfit.error) }
                if !isSet { break }
            }
        }
        guard let value, problems.isEmpty else {
            throw ConfigurationError(problems.sorted { $0.line < $1.line })
        }
        return value
    }

    /// Refuses, or notes, what would do nothing.
    /// - Parameters:
    ///   - values: of all keys, before open ones are resolved.
    ///   - defaults: the same where nothing is said.
    /// - Throws: ``ConfigurationError``.
    mutating func checkNeeds(of values: [String: Node], defaults: [String: Node]) throws {
        for key in known.inOrder where writtenKeys.contains(key) {
            guard let setting = settings[key], let value = values[key], !value.isOff else { continue }
            // What is said of another tool's name holds where that was written, with Heed's default too.
            let ofName = setting.key == key ? [] : known.needs[setting.key] ?? []
            let ofValue = value == defaults[key] ? [] : known.needs[key] ?? []
            for need in ofName + ofValue {
                guard need.telling != .elsewhere, let lack = need.lack(in: values, stated: writtenKeys) else {
                    continue
                }
                tell(lack, of: setting, asNote: need.telling == .noted || setting.key != key)
                break
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems.sorted { $0.line < $1.line }) }
    }

    private mutating func tell(_ lack: SettingNeed.Lack, of setting: Setting, asNote: Bool) {
        let error = ConfigurationError.unfitValue(
            key: setting.key, setting.origin, expected: lack.expected, found: lack.found)
        if asNote { replacements.append(error.description) } else { problems.append(error) }
    }

    private mutating func add(_ setting: Setting, as key: String) {
        guard known.inOrder.contains(key) else {
            problems.append(
                .unknownKey(
                    setting.key, setting.origin, nearest: nearestKey(to: setting.key, among: known)))
            return
        }
        if let other = settings.updateValue(setting, forKey: key), !agree(other, setting, on: key) {
            problems.append(
                .setTwice(key: setting.key, setting.origin, other: other.key, other.origin))
        }
    }

    /// Whether another tool's file says the same under two names of its own.
    private func agree(_ first: Setting, _ second: Setting, on key: String) -> Bool {
        first.node == second.node && Set([first.key, second.key, key]).count == 3
    }

    /// A flag that says the same in its own way is obeyed, as it is before a key of the file.
    private mutating func divide(_ total: Setting, into key: String, by part: String, _ size: Node?) {
        guard !total.isNull else { return }
        guard let count = total.node.int, count > 0 else {
            problems.append(
                .unfitValue(
                    key: total.key, total.origin, expected: "a whole number of at least 1",
                    found: total.found))
            return
        }
        // What is wrong with the size of a part is told where it is read.
        guard let size = size?.int, size > 0 else { return }
        if case .flag? = settings[key]?.origin { return }
        let parts = (count - 1) / size + 1
        replacements.append(
            "\(total.origin): \(total.key): \(key) is \(parts), as \(part) is \(size)")
        add(Setting(key: total.key, "\(parts)", in: total), as: key)
    }

    private mutating func addMembers(of setting: Setting, as keys: [String: String]) {
        guard !setting.isNull else { return }
        guard let members = setting.node.mapping else {
            problems.append(
                .unfitValue(
                    key: setting.key, setting.origin,
                    expected: "a mapping of \(keys.keys.sorted().joined(separator: ", "))",
                    found: setting.found))
            return
        }
        for (name, value) in members {
            let name = name.string ?? ""
            let member = Setting(key: "\(setting.key).\(name)", node: value, origin: setting.origin)
            guard let key = keys[name] else {
                problems.append(.unknownKey(member.key, member.origin, nearest: nil))
                continue
            }
            if !member.isNull { add(member, as: key) }
        }
    }

    /// The setting that takes a key's place; nil where it stays.
    private mutating func decision(_ setting: Setting, _ values: [String: String?]) -> Setting? {
        guard let text = setting.plainText, let value = values[text] else {
            problems.append(
                .unfitValue(
                    key: setting.key, setting.origin,
                    expected: "one of \(values.keys.sorted().joined(separator: ", "))", found: setting.found))
            return nil
        }
        return value.map { Setting(key: setting.key, $0, in: setting) }
    }

    private mutating func compare(_ setting: Setting, _ values: [String], _ why: String) {
        if setting.isOne(of: values) {
            agreeingKeys.append(setting.key)
        } else {
            problems.append(
                .unsupported(
                    key: setting.key, setting.origin, expected: values, found: setting.found, why: why))
        }
    }
}

extension Setting {
    /// The setting with its value replaced by the table's, or nil where the table says that it sets nothing.
    fileprivate func replacingValue(by values: [String: String?]) -> Setting? {
        guard let plainText, let replacement = values[plainText] else { return self }
        return replacement.map { Setting(key: key, $0, in: self) }
    }
}

extension ConfigurationError {
    /// For the order of a file; flags come first.
    fileprivate var line: Int {
        switch self {
        case .malformed(let origin, _), .unknownKey(_, let origin, _), .unfitValue(_, let origin, _, _),
            .unsupported(_, let origin, _, _, _), .setTwice(_, let origin, _, _):
            if case .file(_, let line) = origin { return line ?? 0 }
            return 0
        case .unreadable, .several: return 0
        }
    }
}
