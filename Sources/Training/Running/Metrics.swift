import Statistics

/// What one optimizer step measured, by TRL's names, in the order in which it is written.
public struct Metrics: Codable, Sendable, Equatable {
    public struct Entry: Codable, Sendable, Equatable {
        public let name: String
        public let value: Double
    }

    public private(set) var entries: [Entry] = []

    public init(_ entries: KeyValuePairs<String, Double> = [:]) {
        self.entries = entries.map { Entry(name: $0.key, value: $0.value) }
    }

    public subscript(name: String) -> Double? {
        get { entries.first { $0.name == name }?.value }
        set {
            entries.removeAll { $0.name == name && newValue == nil }
            guard let newValue else { return }
            if let index = entries.firstIndex(where: { $0.name == name }) {
                entries[index] = Entry(name: name, value: newValue)
            } else {
                entries.append(Entry(name: name, value: newValue))
            }
        }
    }

    /// The plain average of each metric over the parts that have it.
    public static func mean(of parts: [Metrics]) -> Metrics {
        var result = Metrics()
        for name in parts.flatMap(\.entries).map(\.name) where result[name] == nil {
            result[name] = Moments(parts.map { $0[name] }).mean
        }
        return result
    }

    /// These metrics after others.
    public func following(_ first: Metrics) -> Metrics {
        var result = first
        for entry in entries { result[entry.name] = entry.value }
        return result
    }

    /// These metrics with some of another's instead of their own.
    public func taking(_ other: Metrics?, _ names: String...) -> Metrics {
        var result = self
        for name in names { result[name] = other?[name] ?? result[name] }
        return result
    }

    /// The first metric that is not a finite number.
    public var firstNotFinite: Entry? { entries.first { !$0.value.isFinite } }
}
