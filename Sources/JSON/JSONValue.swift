/// Any JSON: its objects keep the order of their members, its whole numbers stay whole.
public enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// A number written without fraction and exponent that fits into 64 bits.
    case integer(Int)
    /// A number written so that does not fit, by its digits and sign; only readers that tolerate
    /// ``JSONTolerance/largeIntegers`` let it pass.
    case largeInteger(String)
    /// Any other number. NaN and the infinities, which JSON lacks, are written as `"NaN"`, `"Infinity"` and
    /// `"-Infinity"`.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object. Their order is kept; it does not count when objects are compared.
public typealias JSONObject = OrderedMapping<JSONValue>

extension OrderedMapping<JSONValue> {
    /// What every mapping has, spelled out for this one: called from another module, the generic code would look up its
    /// types each time, and rows are read by the million.
    public subscript(name: String) -> JSONValue? {
        get { value(forKey: name) }
        set { setValue(newValue, forKey: name) }
    }
}

extension JSONValue {
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    public var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    public var integer: Int? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The value of an integer or a number; of an integer beyond 64 bits the nearest one.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .largeInteger(let digits): Double(digits)
        case .number(let value): value
        default: nil
        }
    }

    /// The number, or the one that the texts `"NaN"`, `"Infinity"` and `"-Infinity"` stand for.
    public var extendedNumber: Double? {
        switch self {
        case .string("NaN"): .nan
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: number
        }
    }

    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    public var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The member of an object; nil where this is no object or has none of that name.
    public subscript(name: String) -> JSONValue? { object?[name] }

    /// The value with the members of all objects in the order of their names, so that equal values are written as
    /// equal texts.
    public func sortingNames() -> JSONValue {
        switch self {
        case .array(let elements): .array(elements.map { $0.sortingNames() })
        case .object(let members):
            .object(JSONObject(members.sorted { $0.key < $1.key }).mapValues { $0.sortingNames() })
        default: self
        }
    }
}

/// Not by `nil`, which is for a value that is not there.
extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.lazy.map { (key: $0.0, value: $0.1) }))
    }
}
