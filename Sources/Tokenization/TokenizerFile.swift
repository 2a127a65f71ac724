import Foundation
import JSON

/// The content of a `tokenizer.json`, as far as it is supported: a BPE of bytes, or of pieces as SentencePiece has them.
///
/// The fields `truncation` and `padding` are not read: `transformers` resets them too.
struct TokenizerFile {
    let addedTokens: [AddedToken]
    let normalizer: TextNormalizer
    let preTokenizer: PreTokenizer
    let frame: SpecialTokenFrame
    let model: ModelDescription
    /// Whether decoded text loses a blank at its beginning.
    let stripsLeadingBlank: Bool

    init(_ json: JSONField) throws {
        model = try ModelDescription(json.member("model"))
        let tokens = try json.optional("added_tokens")?.elements().map { try AddedToken($0) } ?? []
        addedTokens = AddedToken.numbered(tokens, after: model.vocabulary)
        frame = try json.optional("post_processor").map { try SpecialTokenFrame($0) } ?? SpecialTokenFrame()
        switch model.spelling {
        case .bytes:
            normalizer = try json.optional("normalizer").map { try TextNormalizer($0) } ?? .none
            preTokenizer = try PreTokenizer(json.member("pre_tokenizer"))
            try json.optional("decoder").map(Self.checkDecoder)
            stripsLeadingBlank = false
        case .pieces:
            let layout = try PieceLayout(json, merges: model.merges)
            normalizer = .none
            preTokenizer = layout.preTokenizer
            stripsLeadingBlank = layout.stripsLeadingBlank
        }
    }

    /// Tokens stand for bytes, also where the file names no decoder, for which `tokenizers` would write their
    /// spellings with blanks between them.
    private static func checkDecoder(_ json: JSONField) throws {
        guard try json.type(among: ["ByteLevel", "Sequence"]) == "Sequence" else { return }
        let parts = try json.member("decoders").elements()
        guard parts.count <= 1 else {
            throw json.unsupported(found: "\(parts.count) decoders", supported: "one of type \"ByteLevel\"")
        }
        try parts.forEach(checkDecoder)
    }
}

/// A token matched in the text as a whole, before the text is cut into words.
struct AddedToken: Hashable, Sendable {
    let id: Int
    let content: String
    /// Matches only where no letter or digit touches it.
    var isSingleWord = false
    /// Takes the whitespace before it along.
    var stripsLeft = false
    /// Takes the whitespace after it along.
    var stripsRight = false
    /// Is searched in the normalized text, in its own normalized form.
    var isNormalized = false
    /// Is control, not text: left out of decoded text on request, and not recognised in untrusted text.
    var isSpecial = false
}

extension AddedToken {
    init(_ json: JSONField) throws {
        self.init(
            id: try json.member("id").tokenID(), content: try json.member("content").string(),
            isSingleWord: try json.member("single_word").boolean(),
            stripsLeft: try json.member("lstrip").boolean(),
            stripsRight: try json.member("rstrip").boolean(),
            isNormalized: try json.member("normalized").boolean(),
            isSpecial: try json.member("special").boolean())
    }

    /// The tokens with the ids that `tokenizers` gives them, whatever the file says: the vocabulary's own, or else
    /// the next one after all before.
    static func numbered(_ tokens: [AddedToken], after vocabulary: OrderedMapping<Int>) -> [AddedToken] {
        var ids: [String: Int] = [:]
        var next = vocabulary.count
        return tokens.map { token in
            let id = vocabulary[token.content] ?? ids[token.content] ?? next
            ids[token.content] = id
            // Ids that are out of range are refused by Vocabulary, which sees all of them.
            next = max(next, id &+ 1)
            return token.with(id: id)
        }
    }

    private func with(id: Int) -> AddedToken {
        AddedToken(
            id: id, content: content, isSingleWord: isSingleWord, stripsLeft: stripsLeft,
            stripsRight: stripsRight, isNormalized: isNormalized, isSpecial: isSpecial)
    }
}

enum TextNormalizer: Sendable {
    case none
    /// Unicode canonical composition.
    case composed

    init(_ json: JSONField) throws {
        guard try json.type(among: ["NFC", "Sequence"]) == "Sequence" else {
            self = .composed
            return
        }
        // Composing what is composed changes nothing.
        let parts = try json.member("normalizers").elements().map { try TextNormalizer($0) }
        self = parts.contains(.composed) ? .composed : .none
    }

    func normalized(_ text: String) -> String {
        switch self {
        case .none: text
        case .composed: Self.composed(text)
        }
    }

    /// The Unicode version by which the reference implementation normalizes.
    private static let unicodeVersion = 9

    /// Characters newer than that version are left where they are, and nothing moves or combines across them.
    private static func composed(_ text: String) -> String {
        func isNewer(_ character: Unicode.Scalar) -> Bool {
            character.properties.age.map { $0.major > unicodeVersion } ?? false
        }
        guard text.unicodeScalars.contains(where: isNewer) else {
            return text.precomposedStringWithCanonicalMapping
        }
        var result = ""
        var stretch = ""
        for character in text.unicodeScalars {
            guard isNewer(character) else {
                stretch.unicodeScalars.append(character)
                continue
            }
            result += stretch.precomposedStringWithCanonicalMapping
            result.unicodeScalars.append(character)
            stretch.removeAll()
        }
        return result + stretch.precomposedStringWithCanonicalMapping
    }

    func withNormalized(_ text: Bytes, _ body: (Bytes) -> Void) {
        if leavesAlone(text) { return body(text) }
        var normalized = normalized(String(decoding: text, as: UTF8.self))
        normalized.withUTF8(body)
    }

    /// Whether `normalized` certainly leaves the text as it is: no character from U+0300 on, where combining starts.
    func leavesAlone(_ text: Bytes) -> Bool {
        switch self {
        case .none: true
        case .composed: text.allSatisfy { $0 < 0xCC }
        }
    }
}

/// The special tokens that the file puts before and after every text.
struct SpecialTokenFrame: Sendable {
    private(set) var prefix: [Int] = []
    private(set) var suffix: [Int] = []

    var isEmpty: Bool { prefix.isEmpty && suffix.isEmpty }

    init() {}

    init(_ json: JSONField) throws {
        switch try json.type(among: ["ByteLevel", "TemplateProcessing", "Sequence"]) {
        case "Sequence": try readSequence(json)
        case "TemplateProcessing": try readTemplate(json)
        default:
            // As a post-processor ByteLevel moves offsets and leaves the ids alone.
            break
        }
    }

    private mutating func readSequence(_ json: JSONField) throws {
        for part in try json.member("processors").elements() {
            let frame = try SpecialTokenFrame(part)
            prefix = frame.prefix + prefix
            suffix += frame.suffix
        }
    }

    private mutating func readTemplate(_ json: JSONField) throws {
        let single = try json.member("single")
        let definitions = try json.member("special_tokens")
        // The names of special tokens in their order, and nil for a text.
        let pieces = try single.elements().map { try $0.optional("SpecialToken")?.member("id").string() }
        guard pieces.count(where: { $0 == nil }) == 1 else {
            throw single.unsupported(
                found: "a template with another number of texts", supported: "a template with one text")
        }
        var isBeforeText = true
        for name in pieces {
            guard let name else {
                isBeforeText = false
                continue
            }
            guard let definition = try definitions.optional(name) else {
                throw definitions.malformed(
                    expected: "valid content", found: "a template that uses \(name) without defining it")
            }
            let ids = try definition.member("ids").integers()
            if isBeforeText { prefix += ids } else { suffix += ids }
        }
    }
}

/// The vocabulary and merges of a BPE.
struct ModelDescription {
    /// Of pieces, where bytes stand in for characters that are none (`byte_fallback`).
    let spelling: TokenSpelling
    /// Ids by spelling.
    let vocabulary: OrderedMapping<Int>
    let merges: [(left: String, right: String)]
    let unknownToken: String?
    /// Whether a word that is a token is that token, whatever the merges would make of it.
    let ignoresMerges: Bool

    init(_ json: JSONField) throws {
        _ = try json.type(among: ["BPE"])
        vocabulary = try Self.vocabulary(json.member("vocab"))
        merges = try Self.merges(json.member("merges"))
        unknownToken = try json.optional("unk_token")?.string()
        ignoresMerges = try json.optional("ignore_merges")?.boolean() ?? false
        spelling = try json.optional("byte_fallback")?.boolean() ?? false ? .pieces : .bytes
        try Self.require(0, json, "dropout") { try $0.number() }
        // Every byte of pieces is a token, so that nothing is unknown.
        if spelling == .bytes { try Self.require(false, json, "fuse_unk") { try $0.boolean() } }
        try Self.require("", json, "continuing_subword_prefix") { try $0.string() }
        try Self.require("", json, "end_of_word_suffix") { try $0.string() }
    }

    private static func vocabulary(_ json: JSONField) throws -> OrderedMapping<Int> {
        var position = 0
        let members = try json.object()
        return try members.mapValues { id in
            defer { position += 1 }
            return try id.integer ?? json.member(members[position].key).integer()
        }
    }

    /// Merges are written as `"a b"` or, in newer files, as `["a", "b"]`.
    private static func merges(_ json: JSONField) throws -> [(left: String, right: String)] {
        try json.elements().enumerated().map { index, merge in
            let parts: [String]
            if let line = merge.value.string {
                parts = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
                    .map { String(Substring($0)) }
            } else {
                parts = try merge.elements().map { try $0.string() }
            }
            guard parts.count == 2 else {
                throw json.malformed(
                    expected: "valid content", found: "\(parts.count) parts in merge \(index) in place of two"
                )
            }
            return (parts[0], parts[1])
        }
    }

    private static func require<Value: Equatable>(
        _ value: Value, _ json: JSONField, _ key: String, _ read: (JSONField) throws -> Value
    ) throws {
        guard let field = try json.optional(key) else { return }
        let found = try read(field)
        guard found == value else {
            throw field.unsupported(found: "\(found)", supported: "\(value) or nothing")
        }
    }
}
