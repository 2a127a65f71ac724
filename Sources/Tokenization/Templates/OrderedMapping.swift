/// A dictionary with string keys that keeps the order in which they were first given, as a JSON object in a
/// chat template does. Keys are the same only if their Unicode scalars are the same.
public struct OrderedMapping<Value> {
    private var entries: [(key: String, value: Value)] = []
    private var positions: [ScalarString: Int] = [:]

    public init() {}

    /// A key that comes again replaces the value and keeps the first place.
    public init(_ pairs: some Sequence<(key: String, value: Value)>) {
        for pair in pairs { self[pair.key] = pair.value }
    }

    public var keys: [String] { entries.map(\.key) }
    public var values: [Value] { entries.map(\.value) }

    public subscript(key: String) -> Value? {
        get { positions[ScalarString(key)].map { entries[$0].value } }
        set {
            let position = positions[ScalarString(key)]
            switch (position, newValue) {
            case (let position?, let value?): entries[position].value = value
            case (let position?, nil): remove(at: position)
            case (nil, let value?):
                positions[ScalarString(key)] = entries.count
                entries.append((key, value))
            case (nil, nil): break
            }
        }
    }

    private mutating func remove(at position: Int) {
        positions[ScalarString(entries.remove(at: position).key)] = nil
        for later in position..<entries.count { positions[ScalarString(entries[later].key)] = later }
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
    /// Order does not count, as in Python.
    public static func == (left: Self, right: Self) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }
}

extension OrderedMapping: Hashable where Value: Hashable {
    public func hash(into hasher: inout Hasher) {
        hasher.combine(Set(positions.keys))
    }
}

/// A string that equals another only if their bytes are equal: `String` itself calls canonically equivalent
/// sequences equal, which Python and JSON do not.
private struct ScalarString: Hashable {
    let string: String

    init(_ string: String) { self.string = string }

    static func == (left: Self, right: Self) -> Bool {
        left.string.utf8.elementsEqual(right.string.utf8)
    }

    func hash(into hasher: inout Hasher) {
        for byte in string.utf8 { hasher.combine(byte) }
    }
}
