import Foundation

/// Any JSON value, with the members of objects in the order they were given.
public enum ManifestValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// A number with a fraction or an exponent, or too large for ``integer(_:)``. Written as the shortest
    /// text that gives the same bits back; NaN and the infinities, which JSON lacks, as `"NaN"`, `"Infinity"`
    /// and `"-Infinity"`.
    case number(Double)
    case string(String)
    case array([ManifestValue])
    /// Names are unique.
    case object([Member])

    public struct Member: Equatable, Sendable {
        public var name: String
        public var value: ManifestValue

        public init(_ name: String, _ value: ManifestValue) {
            self.name = name
            self.value = value
        }
    }

    /// What `value` encodes to as JSON, members sorted by name.
    public init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        encoder.dateEncodingStrategy = .iso8601
        self = try ManifestValue(parsing: encoder.encode(value))
    }

    /// The member of an object; `nil` where this is no object or has none of that name.
    public subscript(name: String) -> ManifestValue? {
        members?.first { $0.name == name }?.value
    }

    public var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    public var elements: [ManifestValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    public var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    public var integer: Int? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    /// The number, or what the texts `"NaN"`, `"Infinity"` and `"-Infinity"` stand for.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .string("NaN"): .nan
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: nil
        }
    }
}

extension ManifestValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: ManifestValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, ManifestValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}
