/// Any JSON, as the small files around a model use it: strict, bounded in depth, without duplicate names.
///
/// Foundation's parser keeps one of two equal names silently; in a header that lists tensors this would hide
/// one of them.
enum JSONValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue {
    var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    var object: [String: JSONValue]? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Every element, where this is an array in which `convert` accepts all of them.
    func array<Element>(of convert: (JSONValue) -> Element?) -> [Element]? {
        guard let array else { return nil }
        let converted = array.compactMap(convert)
        return converted.count == array.count ? converted : nil
    }

    /// A few words about the value for an error.
    var summary: String {
        switch self {
        case .null: "null"
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .string(let value): "the text \(quoted(value))"
        case .array(let values): "a list of \(values.count)"
        case .object(let values):
            "an object with \(listed(values.keys).isEmpty ? "nothing" : listed(values.keys))"
        }
    }
}

// MARK: - Writing

extension JSONValue {
    /// The value as text: names sorted, whole floating-point numbers with their “.0”, so that the same value
    /// always gives the same bytes. `indentation` spaces a level, or everything on one line for 0.
    func serialized(indentation: Int = 0) -> String {
        var text = ""
        write(to: &text, indentation: indentation, level: 0)
        return text
    }

    private func write(to text: inout String, indentation: Int, level: Int) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += String(value)
        case .string(let value): Self.write(value, to: &text)
        case .array(let values):
            Self.writeList(values, in: ("[", "]"), to: &text, indentation, level) { value, text in
                value.write(to: &text, indentation: indentation, level: level + 1)
            }
        case .object(let values):
            let sorted = values.sorted { $0.key < $1.key }
            Self.writeList(sorted, in: ("{", "}"), to: &text, indentation, level) { member, text in
                Self.write(member.key, to: &text)
                text += indentation > 0 ? ": " : ":"
                member.value.write(to: &text, indentation: indentation, level: level + 1)
            }
        }
    }

    private static func writeList<Item>(
        _ items: [Item], in brackets: (String, String), to text: inout String, _ indentation: Int,
        _ level: Int,
        writeItem: (Item, inout String) -> Void
    ) {
        func breakLine(_ level: Int) {
            if indentation > 0, !items.isEmpty {
                text += "\n" + String(repeating: " ", count: indentation * level)
            }
        }
        text += brackets.0
        for (index, item) in items.enumerated() {
            if index > 0 { text += "," }
            breakLine(level + 1)
            writeItem(item, &text)
        }
        breakLine(level)
        text += brackets.1
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

// MARK: - Codable

extension JSONValue: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
