/// A dictionary with string keys that keeps the order in which they were first given, as the members of a JSON
/// object. Keys are the same only if their Unicode scalars are the same.
public struct OrderedMapping<Value> {
    private var entries: [(key: String, value: Value)] = []
    /// Where each entry is, once they are too many to look through; empty before.
    private var positions: [ScalarString: Int] = [:]

    /// Looking through this many is faster than hashing.
    private static var scannedCount: Int { 16 }

    public init() {}

    /// A key that comes again replaces the value and keeps the first place.
    public init(_ pairs: some Sequence<(key: String, value: Value)>) {
        for pair in pairs { self[pair.key] = pair.value }
    }

    public var keys: [String] { entries.map(\.key) }
    public var values: [Value] { entries.map(\.value) }

    public subscript(key: String) -> Value? {
        get { value(forKey: key) }
        set { setValue(newValue, forKey: key) }
    }

    func value(forKey key: String) -> Value? { position(of: key).map { entries[$0].value } }

    /// Nil removes the entry.
    mutating func setValue(_ value: Value?, forKey key: String) {
        guard let value else { return removeValue(forKey: key) }
        if let position = insert(value, forKey: key) { entries[position].value = value }
    }

    /// The same keys in the same order with other values.
    public func mapValues<Other>(_ convert: (Value) throws -> Other) rethrows -> OrderedMapping<Other> {
        var mapped = OrderedMapping<Other>()
        mapped.entries = try entries.map { ($0.key, try convert($0.value)) }
        mapped.positions = positions
        return mapped
    }

    /// Adds an entry at the end, unless the key is there.
    /// - Returns: where the key is already; nil if it was added.
    mutating func insert(_ value: Value, forKey key: String) -> Int? {
        if entries.count < Self.scannedCount {
            if let position = position(of: key) { return position }
        } else {
            if positions.isEmpty { index() }
            if let position = positions.updateValue(entries.count, forKey: ScalarString(key)) {
                positions[ScalarString(key)] = position
                return position
            }
        }
        entries.append((key, value))
        return nil
    }

    mutating func replaceValue(at position: Int, with value: Value) { entries[position].value = value }

    private func position(of key: String) -> Int? {
        guard positions.isEmpty else { return positions[ScalarString(key)] }
        let key = ScalarString(key)
        return entries.firstIndex { ScalarString($0.key) == key }
    }

    private mutating func removeValue(forKey key: String) {
        guard let position = position(of: key) else { return }
        entries.remove(at: position)
        positions = [:]
        if entries.count > Self.scannedCount { index() }
    }

    private mutating func index() {
        for (position, entry) in entries.enumerated() { positions[ScalarString(entry.key)] = position }
    }
}

extension OrderedMapping: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { entries.count }
    public subscript(position: Int) -> (key: String, value: Value) { entries[position] }
}

extension OrderedMapping: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, Value)...) {
        self.init(elements.lazy.map { (key: $0.0, value: $0.1) })
    }
}

extension OrderedMapping: Sendable where Value: Sendable {}

extension OrderedMapping: Equatable where Value: Equatable {
    /// Order does not count, as in JSON and in Python.
    public static func == (left: Self, right: Self) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }
}

extension OrderedMapping: Hashable where Value: Hashable {
    public func hash(into hasher: inout Hasher) {
        hasher.combine(Set(entries.lazy.map { ScalarString($0.key) }))
    }
}

// MARK: - Codable

/// Decoders do not keep the order of keys, so what is decoded is in alphabetical order.
extension OrderedMapping: Decodable where Value: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
            self[key.stringValue] = try container.decode(Value.self, forKey: key)
        }
    }
}

extension OrderedMapping: Encodable where Value: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnyKey.self)
        for (key, value) in self { try container.encode(value, forKey: AnyKey(stringValue: key)) }
    }
}

/// Any key of an object.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

// MARK: - Keys

/// A string that equals another only if their bytes are equal: `String` itself calls canonically equivalent
/// sequences equal, which Python and JSON do not.
private struct ScalarString: Hashable {
    let string: String

    init(_ string: String) { self.string = string }

    /// The cheaper comparisons go first: most pairs differ.
    static func == (left: Self, right: Self) -> Bool {
        left.string.utf8.count == right.string.utf8.count && left.string == right.string
            && left.string.utf8.elementsEqual(right.string.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var string = string
        string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
