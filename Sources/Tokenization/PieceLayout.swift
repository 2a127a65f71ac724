import JSON

/// What stands around the model in a `tokenizer.json` whose tokens are pieces, as SentencePiece's BPE leaves them (Gemma, Llama 2,
/// Mistral, Phi-3). The text itself stays as it is: a blank is looked up as `▁`.
struct PieceLayout {
    let preTokenizer: PreTokenizer
    /// Whether decoded text loses the blank that was put before it.
    let stripsLeadingBlank: Bool

    init(_ json: JSONField, merges: [(left: String, right: String)]) throws {
        let normalizer = try json.optional("normalizer")
        let normalized = try normalizer.map(Self.readNormalizer) ?? (replaces: false, prepends: false)
        let splitter = try json.optional("pre_tokenizer")
        var prefix = normalized.prepends ? PreTokenizer.PrefixBlank.always : .none
        var marksBlanks = normalized.replaces
        if let splitter, try splitter.type(among: ["Metaspace", "Split"]) == "Metaspace" {
            guard !marksBlanks else {
                throw splitter.unsupported(found: "Metaspace behind a normalizer", supported: "one of them")
            }
            prefix = try Self.readMetaspace(splitter)
            marksBlanks = true
        } else if let splitter {
            try Self.checkSplit(splitter)
        }
        guard marksBlanks else {
            throw json.unsupported(
                found: "pieces without a step that makes blanks \"▁\"",
                supported: "a normalizer Replace or a pre-tokenizer Metaspace")
        }
        // Where no piece has a blank behind another character, merges stay within words.
        let endsWords = merges.contains { left, right in
            right.hasPrefix(TokenSpelling.blank) && !left.hasSuffix(TokenSpelling.blank)
        }
        preTokenizer = PreTokenizer(steps: endsWords ? [] : [.blanks], prefixBlank: prefix)
        stripsLeadingBlank = try json.optional("decoder").map(Self.readDecoder) ?? false
    }

    private static func readNormalizer(_ json: JSONField) throws -> (replaces: Bool, prepends: Bool) {
        switch try json.type(among: ["Prepend", "Replace", "Sequence"]) {
        case "Sequence":
            return try json.member("normalizers").elements().reduce((false, false)) { found, part in
                let next = try readNormalizer(part)
                return (found.0 || next.replaces, found.1 || next.prepends)
            }
        case "Prepend":
            try require(TokenSpelling.blank, json, "prepend")
            return (false, true)
        default:
            try checkReplacement(json, of: " ", by: TokenSpelling.blank)
            return (true, false)
        }
    }

    private static func checkReplacement(_ json: JSONField, of pattern: String, by content: String) throws {
        try require(pattern, json.member("pattern"), "String")
        try require(content, json, "content")
    }

    private static func readMetaspace(_ json: JSONField) throws -> PreTokenizer.PrefixBlank {
        try require(TokenSpelling.blank, json, "replacement")
        guard let split = try json.optional("split"), try !split.boolean() else {
            throw json.unsupported(found: "split true", supported: "split false")
        }
        let scheme = try json.optional("prepend_scheme")
        switch try scheme?.string() ?? "always" {
        case "never": return .none
        case "first": return .atStartUnlessThere
        case "always": return .unlessThere
        case let other:
            throw (scheme ?? json).unsupported(
                found: "\"\(other)\"", supported: "\"always\", \"first\" or \"never\"")
        }
    }

    /// Gemma's file cuts at blanks where none is left.
    private static func checkSplit(_ json: JSONField) throws {
        try require(" ", json.member("pattern"), "String")
    }

    /// - Returns: whether it strips a blank.
    private static func readDecoder(_ json: JSONField) throws -> Bool {
        switch try json.type(among: ["Replace", "ByteFallback", "Fuse", "Strip", "Metaspace", "Sequence"]) {
        case "Sequence": return try json.member("decoders").elements().map(readDecoder).contains(true)
        case "Replace":
            try checkReplacement(json, of: TokenSpelling.blank, by: " ")
            return false
        case "Strip":
            try require(" ", json, "content")
            guard try json.member("start").integer() == 1, try json.member("stop").integer() == 0 else {
                throw json.unsupported(found: "another number of blanks", supported: "one at the start")
            }
            return true
        case "Metaspace": return try readMetaspacePrefix(json)
        default: return false
        }
    }

    private static func readMetaspacePrefix(_ json: JSONField) throws -> Bool {
        try json.optional("prepend_scheme")?.string() != "never"
    }

    private static func require(_ text: String, _ json: JSONField, _ key: String) throws {
        let field = try json.member(key)
        let found = try field.string()
        guard found == text else {
            throw field.unsupported(found: "\"\(found)\"", supported: "\"\(text)\"")
        }
    }
}
