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
        case .largeInteger(let digits): try append(digits)
        case .float(let value): try append(Self.text(of: value))
        case .string(let value): try appendQuoted(value)
        case .sequence(let sequence) where [.list, .tuple].contains(sequence.kind):
            try writeContainer("[", sequence.elements, "]") { writer, element in try writer.write(element) }
        case .mapping(let mapping):
            let entries = style.sortsKeys ? try sorted(mapping.entries) : Array(mapping.entries)
            try writeContainer("{", entries, "}") { writer, entry in
                try writer.appendQuoted(entry.key)
                try writer.append(writer.style.keySeparator)
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

    /// Each key is compared with about log₂ n others.
    private func sorted(_ entries: OrderedMapping<JinjaValue>) throws -> [(key: String, value: JinjaValue)] {
        let comparisons = Int.bitWidth - entries.count.leadingZeroBitCount
        try budget.spend(textBytes: entries.reduce(0) { $0 + $1.key.utf8.count }, times: comparisons)
        return entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    private static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return PythonNumbers.text(of: value)
    }

    /// Escapes are paid for before they are written.
    private mutating func appendQuoted(_ value: String) throws {
        let escapes = style.escapesNonASCII ? Self.escapesOfASCII : Self.escapes
        try budget.spend(.characters, for: value.utf8.count { escapes[Int($0)] != nil })
        var bytes = [UInt8(ascii: "\"")]
        bytes.reserveCapacity(value.utf8.count + 2)
        for scalar in value.unicodeScalars {
            if let escape = scalar.isASCII ? escapes[Int(scalar.value)] : nil {
                bytes += escape
            } else if style.escapesNonASCII, !scalar.isASCII {
                for unit in UTF16.encode(scalar) ?? .init() { bytes += Self.escape(unit) }
            } else {
                bytes += UTF8.encode(scalar) ?? .init()
            }
        }
        bytes.append(UInt8(ascii: "\""))
        try append(String(decoding: bytes, as: UTF8.self))
    }

    /// What is written in place of a byte; nil where that is the byte itself.
    private static let escapes: [[UInt8]?] = (UInt8.min...UInt8.max).map { byte in
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): [UInt8(ascii: "\\"), byte]
        case 0x0A: Array("\\n".utf8)
        case 0x0D: Array("\\r".utf8)
        case 0x09: Array("\\t".utf8)
        case 0x08: Array("\\b".utf8)
        case 0x0C: Array("\\f".utf8)
        case ..<0x20: escape(UInt16(byte))
        default: nil
        }
    }

    /// Those of text that is to be ASCII alone, and without what deletes.
    private static let escapesOfASCII = escapes.enumerated().map { byte, escape in
        byte > 0x7E ? Self.escape(UInt16(byte)) : escape
    }

    private static func escape(_ unit: UInt16) -> [UInt8] {
        Array(("\\u" + unit.hexadecimal(digits: 4)).utf8)
    }
}
