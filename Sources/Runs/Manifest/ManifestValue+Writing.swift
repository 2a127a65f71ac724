extension ManifestValue {
    /// The value as JSON on one line.
    public var text: String {
        var text = ""
        write(to: &text, indentation: nil)
        return text
    }

    /// The value as JSON for people: two spaces a level, lists of plain values on one line.
    public var indentedText: String {
        var text = ""
        write(to: &text, indentation: "\n")
        return text
    }

    /// - Parameter indentation: the line break and the blanks before this value's own level, or `nil` for one
    ///   line.
    private func write(to text: inout String, indentation: String?) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): Self.write(value, to: &text)
        case .string(let value): Self.write(value, to: &text)
        case .array(let elements):
            let isFlat = elements.allSatisfy { $0.elements == nil && $0.members == nil }
            Self.write(elements, between: ("[", "]"), to: &text, indentation: isFlat ? nil : indentation) {
                $0.write(to: &$1, indentation: $2)
            }
        case .object(let members):
            Self.write(members, between: ("{", "}"), to: &text, indentation: indentation) {
                Self.write($0.name, to: &$1)
                $1 += ": "
                $0.value.write(to: &$1, indentation: $2)
            }
        }
    }

    private static func write<Item>(
        _ items: [Item], between brackets: (String, String), to text: inout String, indentation: String?,
        writeItem: (Item, inout String, String?) -> Void
    ) {
        let inner = indentation.map { $0 + "  " }
        text += brackets.0
        for (index, item) in items.enumerated() {
            if index > 0 { text += inner == nil ? ", " : "," }
            text += inner ?? ""
            writeItem(item, &text, inner)
        }
        if !items.isEmpty { text += indentation ?? "" }
        text += brackets.1
    }

    private static func write(_ value: Double, to text: inout String) {
        if value.isNaN {
            text += "\"NaN\""
        } else if value.isInfinite {
            text += value > 0 ? "\"Infinity\"" : "\"-Infinity\""
        } else {
            // The standard library prints the shortest decimal that reads back to the same bits.
            text += value.description
        }
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
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
