/// Values as text: Python's `str` and `repr`.
extension JinjaInterpreter {
    /// What `{{ value }}` writes.
    func text(of value: JinjaValue) throws -> String {
        if case .string(let text) = value { return text }
        if case .undefined = value { return "" }
        return try representation(of: value)
    }

    /// The value as Python source: strings in quotes, also inside lists and mappings.
    func representation(of value: JinjaValue) throws -> String {
        var text = ""
        try writeRepresentation(of: value, to: &text)
        return text
    }

    private func writeRepresentation(of value: JinjaValue, to text: inout String) throws {
        try budget.spend(operations: 1)
        let start = text.utf8.count
        switch value {
        case .undefined: text += "Undefined"
        case .null: text += "None"
        case .boolean(let value): text += value ? "True" : "False"
        case .integer(let value): text += String(value)
        case .largeInteger(let digits): text += digits
        case .float(let value): text += PythonNumbers.text(of: value)
        case .string(let value): text += try quoted(value)
        case .sequence(let sequence): return try writeRepresentation(of: sequence, to: &text)
        case .mapping(let mapping):
            text += "{"
            for (position, entry) in mapping.entries.enumerated() {
                text += try (position > 0 ? ", " : "") + quoted(entry.key) + ": "
                try writeRepresentation(of: entry.value, to: &text)
            }
            text += "}"
            return
        case .iterator, .namespace, .macro, .method, .function, .loop:
            throw JinjaFault.evaluation("\(value.typeName) cannot be written as text")
        }
        try budget.spend(textBytes: text.utf8.count - start)
    }

    private func quoted(_ text: String) throws -> String {
        try budget.spend(charactersOf: text)
        return PythonText.quoted(text)
    }

    private func writeRepresentation(of sequence: JinjaSequence, to text: inout String) throws {
        let (opening, closing): (String, String)
        switch sequence.kind {
        case .list: (opening, closing) = ("[", "]")
        case .tuple: (opening, closing) = ("(", sequence.elements.count == 1 ? ",)" : ")")
        case .keys: (opening, closing) = ("dict_keys([", "])")
        case .values: (opening, closing) = ("dict_values([", "])")
        case .items: (opening, closing) = ("dict_items([", "])")
        case .range(let lower, let upper, let step):
            text += "range(\(lower), \(upper)" + (step == 1 ? ")" : ", \(step))")
            return
        }
        text += opening
        for (position, element) in sequence.elements.enumerated() {
            if position > 0 { text += ", " }
            try writeRepresentation(of: element, to: &text)
        }
        text += closing
    }
}
