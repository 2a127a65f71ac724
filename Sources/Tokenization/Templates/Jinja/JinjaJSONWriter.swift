import JSON

/// The filter `tojson`: what Python's `json.dumps` writes.
struct JinjaJSONWriter {
    struct Style {
        var escapesNonASCII = false
        /// The text of one level; nil for one line.
        var indentation: String?
        var itemSeparator = ", "
        var keySeparator = ": "
        var sortsKeys = false

        /// From the arguments of the filter.
        init(_ call: JinjaCall) throws {
            escapesNonASCII = call.flag(0)
            sortsKeys = call.flag(3)
            if case .string(let text) = call[1] {
                indentation = text
            } else if let width = try call.integer(1) {
                try call.interpreter.budget.spend(textBytes: max(0, width))
                indentation = String(repeating: " ", count: max(0, width))
            }
            if indentation != nil { itemSeparator = "," }
            if let separators = call.some(2) {
                guard case .sequence(let pair) = separators, pair.elements.count == 2,
                    case .string(let item) = pair.elements[0], case .string(let key) = pair.elements[1]
                else { throw JinjaFault.evaluation("`separators` must be two strings") }
                (itemSeparator, keySeparator) = (item, key)
            }
        }
    }

    private let style: Style
    private let budget: JinjaBudget
    private var text = ""
    private var level = 0

    static func write(_ value: JinjaValue, style: Style, budget: JinjaBudget) throws -> String {
        var writer = JinjaJSONWriter(style: style, budget: budget)
        try writer.write(value)
        return writer.text
    }

    private init(style: Style, budget: JinjaBudget) {
        self.style = style
        self.budget = budget
    }

    private mutating func write(_ value: JinjaValue) throws {
        try budget.spend(operations: 1)
        switch value {
        case .null: try append("null")
        case .boolean(let value): try append(value ? "true" : "false")
        case .integer(let value): try append(String(value))
        case .float(let value): try append(Self.text(of: value))
        case .string(let value): try append(quoted(value))
        case .sequence(let sequence) where [.list, .tuple].contains(sequence.kind):
            try writeContainer("[", sequence.elements, "]") { writer, element in try writer.write(element) }
        case .mapping(let mapping):
            let entries = style.sortsKeys ? Self.sorted(mapping.entries) : Array(mapping.entries)
            try writeContainer("{", entries, "}") { writer, entry in
                try writer.append(writer.quoted(entry.key) + writer.style.keySeparator)
                try writer.write(entry.value)
            }
        default: throw JinjaFault.evaluation("\(value.typeName) cannot be written as JSON")
        }
    }

    private mutating func writeContainer<Element>(
        _ opening: String, _ elements: [Element], _ closing: String,
        _ write: (inout Self, Element) throws -> Void
    ) throws {
        try append(opening)
        level += 1
        for (position, element) in elements.enumerated() {
            if position > 0 { try append(style.itemSeparator) }
            try appendLineStart()
            try write(&self, element)
        }
        level -= 1
        if !elements.isEmpty { try appendLineStart() }
        try append(closing)
    }

    private mutating func appendLineStart() throws {
        guard let indentation = style.indentation else { return }
        try append("\n")
        for _ in 0..<level { try append(indentation) }
    }

    private mutating func append(_ addition: String) throws {
        try budget.spend(textBytes: addition.utf8.count)
        text += addition
    }

    private static func sorted(
        _ entries: OrderedMapping<JinjaValue>
    ) -> [(key: String, value: JinjaValue)] {
        entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    private static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return PythonNumbers.text(of: value)
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            default:
                if scalar.value < 0x20 || (style.escapesNonASCII && scalar.value > 0x7E) {
                    for unit in String(scalar).utf16 {
                        result += "\\u" + unit.hexadecimal(digits: 4)
                    }
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
