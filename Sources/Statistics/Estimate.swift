/// A number measured on a sample, with the interval it may lie in.
///
/// The bounds are `nil` where the data cannot tell, for example with a single prompt; an unknown bound is not a
/// narrow one.
public struct Estimate: Hashable, Sendable {
    public var mean: Double
    public var low: Double?
    public var high: Double?

    public init(mean: Double, low: Double? = nil, high: Double? = nil) {
        self.mean = mean
        self.low = low
        self.high = high
    }

    public init(mean: Double, interval: ClosedRange<Double>?) {
        self.init(mean: mean, low: interval?.lowerBound, high: interval?.upperBound)
    }

    /// Where the whole interval lies; `nil` when `value` is inside it or the interval is unknown.
    public func side(of value: Double) -> Side? {
        guard let low, let high else { return nil }
        if low > value { return .above }
        if high < value { return .below }
        return nil
    }

    public enum Side: Hashable, Sendable { case above, below }
}

extension Estimate: Codable {
    private enum CodingKeys: String, CodingKey { case mean, low, high }

    /// Writes unknown bounds as `null`, so that every estimate has the same three keys.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(mean, forKey: .mean)
        try container.encode(low, forKey: .low)
        try container.encode(high, forKey: .high)
    }
}
