import JSON

/// Pre-tokenizers as `tokenizer.json` has them.
extension PreTokenizer {
    init(_ json: JSONField) throws {
        guard try json.type(among: ["ByteLevel", "Sequence"]) == "Sequence" else {
            try self.init(steps: [], byteLevel: json)
            return
        }
        let parts = try json.member("pretokenizers").elements()
        let steps = try parts.dropLast().map { part -> Step in
            try part.type(among: ["Digits", "Split"]) == "Digits"
                ? .digits(individually: try part.optional("individual_digits")?.boolean() ?? false)
                : try Self.splitStep(part)
        }
        guard let last = parts.last else {
            throw json.unsupported(found: "no steps", supported: "steps of which the last is ByteLevel")
        }
        _ = try last.type(among: ["ByteLevel"])
        try self.init(steps: steps, byteLevel: last)
    }

    private static func splitStep(_ json: JSONField) throws -> Step {
        let behavior = try json.member("behavior").string()
        let isInverted = try json.optional("invert")?.boolean() ?? false
        guard behavior == "Isolated", !isInverted else {
            throw json.unsupported(
                found: "behavior \"\(behavior)\", invert \(isInverted)",
                supported: "behavior \"Isolated\", invert false")
        }
        let field = try json.member("pattern")
        let expression = try field.member("Regex").string()
        guard let step = Step(expression: expression) else {
            throw field.malformed(expected: "a regular expression", found: expression)
        }
        return step
    }

    private init(steps: [Step], byteLevel json: JSONField) throws {
        // The format's default for a missing `use_regex` is true.
        let usesPattern = try json.optional("use_regex")?.boolean() ?? true
        self.init(steps: steps + (usesPattern ? [.pattern(.gpt2)] : []))
        let prefix = try json.member("add_prefix_space")
        prefixBlank = try prefix.boolean() ? .unlessThere : .none
        // Behind other steps every one of their pieces would get a blank.
        guard prefixBlank == .none || steps.isEmpty else {
            throw prefix.unsupported(found: "true behind other steps", supported: "false there")
        }
    }

    /// As `tokenizer.json` has it.
    var json: JSONValue {
        let usesPattern = steps.last == .pattern(.gpt2)
        let splits = steps.dropLast(usesPattern ? 1 : 0).map { step -> JSONValue in
            switch step {
            case .digits(let individually):
                ["type": "Digits", "individual_digits": .boolean(individually)]
            case .pattern(let pattern): Self.split(pattern.expression)
            case .blanks: preconditionFailure("words of pieces are no step of a byte-level pre-tokenizer")
            case .expression(let matcher): Self.split(matcher.expression)
            }
        }
        let byteLevel: JSONValue = [
            "type": "ByteLevel", "add_prefix_space": .boolean(prefixBlank != .none), "trim_offsets": false,
            "use_regex": .boolean(usesPattern),
        ]
        return ["type": "Sequence", "pretokenizers": .array(splits + [byteLevel])]
    }

    private static func split(_ expression: String) -> JSONValue {
        [
            "type": "Split", "pattern": ["Regex": .string(expression)], "behavior": "Isolated",
            "invert": false,
        ]
    }
}
