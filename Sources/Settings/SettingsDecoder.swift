import Yams

/// Decodes a section from the settings made anywhere, over the section's defaults. Sections inside it read the same
/// settings. Notes which keys were asked for: those are the keys that are known.
struct SettingsDecoder: Decoder {
    let settings: [String: Setting]
    let defaults: Node.Mapping
    let known: KnownKeys

    func decode<Section: ConfigurationSection>(_ type: Section.Type) throws -> Section {
        known.merge(type)
        let section = try Section(from: self)
        do {
            try section.validate()
        } catch let error as InvalidSetting {
            throw unfit(error.key, expected: error.expected, found: error.found)
        }
        return section
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(SettingsContainer<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw notASection }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw notASection }

    private var notASection: DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "a configuration section decodes from keys"))
    }

    fileprivate func setting(_ key: any CodingKey) -> Setting? {
        known.insert(key.stringValue)
        if let setting = settings[key.stringValue] { return setting }
        return defaults[key.stringValue].map { Setting(key: key.stringValue, node: $0, origin: .defaults) }
    }

    fileprivate func unfit(_ key: String, expected: String, found: String) -> UnfitSetting {
        let setting = settings[key]
        return UnfitSetting(
            key: key,
            error: .unfitValue(
                key: setting?.key ?? key, setting?.origin ?? .defaults, expected: expected, found: found))
    }

    fileprivate func inner(_ key: any CodingKey) -> SettingsDecoder {
        SettingsDecoder(
            settings: settings, defaults: defaults[key.stringValue]?.mapping ?? Node.Mapping([]), known: known
        )
    }
}

/// A setting with which nothing can be done.
struct UnfitSetting: Error {
    /// As Heed calls it.
    let key: String
    let error: ConfigurationError
}

/// What the sections of a configuration know.
final class KnownKeys {
    /// Heed's keys, in the order in which the sections declare them.
    private(set) var inOrder: [String] = []
    private(set) var synonyms: [String: ConfigurationSynonym] = [:]
    private(set) var ranges: [String: SettingRange] = [:]
    /// Those that were asked already.
    private var sections: Set<ObjectIdentifier> = []
    /// Of a key that several sections say something of, all.
    private(set) var needs: [String: [SettingNeed]] = [:]

    /// The keys that do nothing.
    /// - Parameter values: of all of them.
    func idle(in values: [String: Node]) -> Set<String> {
        Set(needs.filter { _, needs in needs.contains { $0.makesIdle(in: values) } }.keys)
    }

    func insert(_ key: String) {
        if !inOrder.contains(key) { inOrder.append(key) }
    }

    /// An outer section comes first and has the last word.
    func merge<Section: ConfigurationSection>(_ type: Section.Type) {
        guard sections.insert(ObjectIdentifier(type)).inserted else { return }
        synonyms.merge(type.synonyms) { outer, _ in outer }
        ranges.merge(type.ranges) { outer, _ in outer }
        for (key, need) in type.needs { needs[key, default: []].append(need) }
    }
}

private struct SettingsContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: SettingsDecoder

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { decoder.settings.keys.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { decoder.setting(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { decoder.setting(key)?.isNull ?? true }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        if let section = type as? any ConfigurationSection.Type {
            guard let value = try decoder.inner(key).decode(section) as? Value else {
                throw noDefault(for: key)
            }
            return value
        }
        guard let setting = decoder.setting(key) else { throw noDefault(for: key) }
        do {
            let value = try YAMLDecoder().decode(type, from: setting.node(for: type))
            try check(value, of: key.stringValue)
            return value
        } catch let error as DecodingError {
            throw decoder.unfit(
                key.stringValue, expected: expectation(of: type) ?? "another value (\(error))",
                found: type is any ListValue.Type ? setting.foundInList : setting.found)
        }
    }

    /// That every number is in the key's range.
    private func check(_ value: Any, of key: String) throws {
        guard let value = value as? any NumericSetting else { return }
        let range = decoder.known.ranges[key] ?? .any
        guard let number = value.numbers.first(where: { !range.contains($0) }) else { return }
        throw decoder.unfit(
            key, expected: range.expectation(for: number, isWhole: type(of: value).isWhole), found: "\(value)"
        )
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { try decoder.inner(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw noDefault(for: key)
    }
    func superDecoder() throws -> any Decoder { decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder { decoder.inner(key) }

    private func noDefault(for key: Key) -> DecodingError {
        .keyNotFound(
            key,
            .init(codingPath: [], debugDescription: "\(key.stringValue) has neither a value nor a default"))
    }
}

extension Setting {
    /// The node to decode a value of `type` from: a single value stands for a list of one.
    fileprivate func node(for type: Any.Type) -> Node {
        guard type is any ListValue.Type, node.scalar != nil, !isNull else { return node }
        return Node([node])
    }
}

/// A type of settings that says what its values look like.
public protocol DescribedSetting {
    /// In words: `a whole number`.
    static var expectation: String { get }
}

private protocol ListValue {
    static var element: Any.Type { get }
}
extension Array: ListValue {
    fileprivate static var element: Any.Type { Element.self }
}

/// What a value of `type` looks like, in words.
private func expectation(of type: Any.Type) -> String? {
    switch type {
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is String.Type: "a text"
    case let value as any DescribedSetting.Type: value.expectation
    case let list as any ListValue.Type: expectation(of: list.element).map { "a list, each \($0)" }
    case let choice as any (CaseIterable & RawRepresentable).Type: "one of \(rawValues(of: choice))"
    default: nil
    }
}

private func rawValues<Choice: CaseIterable & RawRepresentable>(of type: Choice.Type) -> String {
    type.allCases.map { "\($0.rawValue)" }.joined(separator: ", ")
}
