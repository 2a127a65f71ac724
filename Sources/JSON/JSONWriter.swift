/// How JSON is laid out as text.
public enum JSONLayout: Sendable {
    /// One line without blanks.
    case compact
    /// One line, a blank after each comma and colon.
    case line
    /// For people: two blanks per level, lists of plain values on one line.
    case indented
    /// Two blanks per level, every element on a line of its own, as Python's `json` and `transformers` write it.
    case expanded
}

extension JSONValue {
    /// The value as JSON, members in their order. Numbers have the shortest decimals that read back to the same bits,
    /// and whole ones keep their `.0`.
    public func text(_ layout: JSONLayout = .line) -> String {
        var writer = JSONWriter(layout: layout)
        switch layout {
        case .compact, .line: writer.write(self, level: nil)
        case .indented, .expanded: writer.write(self, level: 0)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension JSONValue {
    /// The value as a file of its own that people read: laid out in lines, the last of which ends.
    public var document: String { text(.indented) + "\n" }
}

extension JSONValue: CustomStringConvertible {
    /// The value as JSON on one line.
    public var description: String { text() }
}

private struct JSONWriter {
    let layout: JSONLayout
    var bytes: [UInt8] = []

    init(layout: JSONLayout) { self.layout = layout }

    /// - Parameter level: how deep the value is; nil where it stays on one line.
    mutating func write(_ value: JSONValue, level: Int?) {
        switch value {
        case .null: append("null")
        case .boolean(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .largeInteger(let digits): append(digits)
        case .number(let value): write(value)
        case .string(let value): write(value)
        case .array(let elements):
            let isFlat = elements.allSatisfy { $0.array == nil && $0.object == nil }
            write(elements, between: "[", "]", level: isFlat && layout == .indented ? nil : level) {
                $0.write($1, level: $2)
            }
        case .object(let members):
            write(members, between: "{", "}", level: level) { writer, member, level in
                writer.write(member.key)
                writer.append(writer.layout == .compact ? ":" : ": ")
                writer.write(member.value, level: level)
            }
        }
    }

    private mutating func write<Items: Collection>(
        _ items: Items, between opening: String, _ closing: String, level: Int?,
        writeItem: (inout JSONWriter, Items.Element, Int?) -> Void
    ) {
        append(opening)
        let inner = level.map { $0 + 1 }
        var isFirst = true
        for item in items {
            if !isFirst { append(inner == nil && layout != .compact ? ", " : ",") }
            isFirst = false
            breakLine(inner)
            writeItem(&self, item, inner)
        }
        if !isFirst { breakLine(level) }
        append(closing)
    }

    private mutating func breakLine(_ level: Int?) {
        guard let level else { return }
        append("\n")
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
    }

    private mutating func write(_ number: Double) {
        if number.isFinite {
            append(number.description)
        } else {
            append(number.isNaN ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"")
        }
    }

    /// Copies stretch by stretch what needs no escape.
    private mutating func write(_ text: String) {
        append("\"")
        var text = text
        text.withUTF8 { content in
            var stretch = 0
            for index in content.indices {
                guard let escape = Self.escape(of: content[index]) else { continue }
                bytes.append(contentsOf: content[stretch..<index])
                append(escape)
                stretch = index + 1
            }
            bytes.append(contentsOf: content[stretch...])
        }
        append("\"")
    }

    private static func escape(of byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "\""): "\\\""
        case UInt8(ascii: "\\"): "\\\\"
        case 0x0A: "\\n"
        case 0x0D: "\\r"
        case 0x09: "\\t"
        case 0..<0x20: "\\u" + byte.hexadecimal(digits: 4)
        default: nil
        }
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}
