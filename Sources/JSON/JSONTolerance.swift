/// What a reader of JSON lets pass although it loses something: RFC 8259 leaves most of these to the reader.
public struct JSONTolerance: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The last of several equal names in an object wins, in the place of the first.
    public static let repeatedNames = JSONTolerance(rawValue: 1 << 0)
    /// Half a surrogate pair, as in `"\ud83d"`, becomes U+FFFD: Swift's strings cannot hold it.
    public static let unpairedSurrogates = JSONTolerance(rawValue: 1 << 1)
    /// A whole number beyond 64 bits becomes a ``JSONValue/largeInteger(_:)``, which computes as the nearest `Double`.
    public static let largeIntegers = JSONTolerance(rawValue: 1 << 2)

    /// `NaN`, `Infinity` and `-Infinity`, which no JSON has, as Python writes them.
    public static let nonFiniteNumbers = JSONTolerance(rawValue: 1 << 3)

    /// What rows may have that people or programs wrote. Of two equal names one would be lost.
    public static let rows: JSONTolerance = [.unpairedSurrogates, .largeIntegers]

    /// All that JSON leaves open, as most other readers do.
    public static let all: JSONTolerance = [.repeatedNames, .rows]
}
