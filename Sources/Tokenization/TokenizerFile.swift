import Foundation

/// The content of a `tokenizer.json`, as far as it is supported: a byte-level BPE.
///
/// The fields `truncation` and `padding` are not read: `transformers` resets them too.
struct TokenizerFile: Decodable {
    let addedTokens: [AddedToken]
    let normalizer: TextNormalizer
    let preTokenizer: PreTokenizer
    let frame: SpecialTokenFrame
    let model: ModelDescription

    private enum CodingKeys: String, CodingKey {
        case addedTokens = "added_tokens"
        case normalizer
        case preTokenizer = "pre_tokenizer"
        case postProcessor = "post_processor"
        case decoder
        case model
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        model = try container.decode(ModelDescription.self, forKey: .model)
        addedTokens = try container.decodeIfPresent([AddedToken].self, forKey: .addedTokens) ?? []
        normalizer = try container.decodeIfPresent(TextNormalizer.self, forKey: .normalizer) ?? .none
        preTokenizer = try container.decode(PreTokenizer.self, forKey: .preTokenizer)
        frame =
            try container.decodeIfPresent(SpecialTokenFrame.self, forKey: .postProcessor)
            ?? SpecialTokenFrame()
        let component = try container.decode(Component.self, forKey: .decoder)
        try component.require(["ByteLevel"])
    }
}

/// Something well-formed that is not implemented; the reader of the file adds the file's name.
struct UnsupportedComponent: Error {
    let codingPath: [any CodingKey]
    let found: String
    let supported: String
}

/// Any part of the file that names its own type.
private struct Component: Decodable {
    let type: String
    let codingPath: [any CodingKey]

    private enum CodingKeys: CodingKey { case type }

    init(from decoder: any Decoder) throws {
        type = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .type)
        codingPath = decoder.codingPath
    }

    func require(_ types: [String]) throws {
        guard !types.contains(type) else { return }
        throw UnsupportedComponent(
            codingPath: codingPath, found: "\"\(type)\"",
            supported: types.map { "\"\($0)\"" }.joined(separator: " or "))
    }
}

/// A token matched in the text as a whole, before the text is cut into words.
struct AddedToken: Decodable, Hashable, Sendable {
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

    private enum CodingKeys: String, CodingKey {
        case id, content
        case isSingleWord = "single_word"
        case stripsLeft = "lstrip"
        case stripsRight = "rstrip"
        case isNormalized = "normalized"
        case isSpecial = "special"
    }
}

enum TextNormalizer: Decodable, Sendable {
    case none
    /// Unicode canonical composition.
    case composed

    init(from decoder: any Decoder) throws {
        try Component(from: decoder).require(["NFC"])
        self = .composed
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

    /// Whether `normalized` certainly leaves the text as it is: no character from U+0300 on, where combining starts.
    func leavesAlone(_ text: Bytes) -> Bool {
        switch self {
        case .none: true
        case .composed: text.allSatisfy { $0 < 0xCC }
        }
    }
}

extension PreTokenizer: Decodable {
    private enum CodingKeys: String, CodingKey {
        case parts = "pretokenizers"
        case individualDigits = "individual_digits"
        case addsPrefixBlank = "add_prefix_space"
        case usesPattern = "use_regex"
        case pattern, behavior, invert
    }

    private struct Pattern: Decodable {
        let expression: String
        enum CodingKeys: String, CodingKey { case expression = "Regex" }
    }

    init(from decoder: any Decoder) throws {
        let component = try Component(from: decoder)
        try component.require(["ByteLevel", "Sequence"])
        guard component.type == "Sequence" else {
            steps = try Self.byteLevelSteps(decoder)
            return
        }
        var parts = try decoder.container(keyedBy: CodingKeys.self).nestedUnkeyedContainer(forKey: .parts)
        var steps: [Step] = []
        while !parts.isAtEnd {
            let part = try parts.superDecoder()
            let component = try Component(from: part)
            try component.require(parts.isAtEnd ? ["ByteLevel"] : ["Digits", "Split"])
            switch component.type {
            case "Digits": steps.append(try Self.digitsStep(part))
            case "Split": steps.append(try Self.splitStep(part))
            default: steps += try Self.byteLevelSteps(part)
            }
        }
        self.steps = steps
    }

    private static func digitsStep(_ decoder: any Decoder) throws -> Step {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        return .digits(
            individually: try container.decodeIfPresent(Bool.self, forKey: .individualDigits) ?? false)
    }

    private static func splitStep(_ decoder: any Decoder) throws -> Step {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let behavior = try container.decode(String.self, forKey: .behavior)
        let isInverted = try container.decodeIfPresent(Bool.self, forKey: .invert) ?? false
        guard behavior == "Isolated", !isInverted else {
            throw UnsupportedComponent(
                codingPath: decoder.codingPath, found: "behavior \"\(behavior)\", invert \(isInverted)",
                supported: "behavior \"Isolated\", invert false")
        }
        let expression = try container.decode(Pattern.self, forKey: .pattern).expression
        guard let pattern = SplitPattern(expression: expression) else {
            throw UnsupportedComponent(
                codingPath: decoder.codingPath + [CodingKeys.pattern], found: "the expression \(expression)",
                supported: "the expression of GPT-2, Llama-3 or Qwen2")
        }
        return .pattern(pattern)
    }

    private static func byteLevelSteps(_ decoder: any Decoder) throws -> [Step] {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // The format's default for a missing `use_regex` is true.
        let usesPattern = try container.decodeIfPresent(Bool.self, forKey: .usesPattern) ?? true
        guard try !container.decode(Bool.self, forKey: .addsPrefixBlank) else {
            throw UnsupportedComponent(
                codingPath: decoder.codingPath + [CodingKeys.addsPrefixBlank], found: "true",
                supported: "false")
        }
        return usesPattern ? [.pattern(.gpt2)] : []
    }
}

/// The special tokens that the file puts before and after every text.
struct SpecialTokenFrame: Decodable, Sendable {
    private(set) var prefix: [Int] = []
    private(set) var suffix: [Int] = []

    var isEmpty: Bool { prefix.isEmpty && suffix.isEmpty }

    private enum CodingKeys: String, CodingKey {
        case single, processors
        case specialTokens = "special_tokens"
    }

    private struct Piece: Decodable {
        struct SpecialToken: Decodable { let id: String }
        let specialToken: SpecialToken?
        enum CodingKeys: String, CodingKey { case specialToken = "SpecialToken" }
    }

    private struct Definition: Decodable { let ids: [Int] }

    init() {}

    init(from decoder: any Decoder) throws {
        let component = try Component(from: decoder)
        try component.require(["ByteLevel", "TemplateProcessing", "Sequence"])
        switch component.type {
        case "Sequence":
            try readSequence(decoder)
        case "TemplateProcessing":
            try readTemplate(decoder)
        default:
            // As a post-processor ByteLevel moves offsets and leaves the ids alone.
            break
        }
    }

    private mutating func readSequence(_ decoder: any Decoder) throws {
        var parts = try decoder.container(keyedBy: CodingKeys.self).nestedUnkeyedContainer(
            forKey: .processors)
        while !parts.isAtEnd {
            let frame = try parts.decode(SpecialTokenFrame.self)
            prefix = frame.prefix + prefix
            suffix += frame.suffix
        }
    }

    private mutating func readTemplate(_ decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let pieces = try container.decode([Piece].self, forKey: .single)
        let definitions = try container.decode([String: Definition].self, forKey: .specialTokens)
        guard pieces.count(where: { $0.specialToken == nil }) == 1 else {
            throw UnsupportedComponent(
                codingPath: decoder.codingPath + [CodingKeys.single],
                found: "a template with another number of texts",
                supported: "a template with one text")
        }
        var isBeforeText = true
        for piece in pieces {
            guard let name = piece.specialToken?.id else {
                isBeforeText = false
                continue
            }
            guard let ids = definitions[name]?.ids else {
                throw DecodingError.dataCorruptedError(
                    forKey: .specialTokens, in: container,
                    debugDescription: "a template that uses \(name) without defining it")
            }
            if isBeforeText { prefix += ids } else { suffix += ids }
        }
    }
}

/// The vocabulary and merges of a byte-level BPE.
struct ModelDescription: Decodable {
    let vocabulary: [String: Int]
    let merges: [(left: String, right: String)]
    let unknownToken: String?
    /// Whether a word that is a token is that token, whatever the merges would make of it.
    let ignoresMerges: Bool

    private enum CodingKeys: String, CodingKey {
        case merges, dropout
        case vocabulary = "vocab"
        case unknownToken = "unk_token"
        case ignoresMerges = "ignore_merges"
        case fusesUnknown = "fuse_unk"
        case fallsBackToBytes = "byte_fallback"
        case subwordPrefix = "continuing_subword_prefix"
        case wordSuffix = "end_of_word_suffix"
    }

    init(from decoder: any Decoder) throws {
        try Component(from: decoder).require(["BPE"])
        let container = try decoder.container(keyedBy: CodingKeys.self)
        vocabulary = try container.decode([String: Int].self, forKey: .vocabulary)
        merges = try Self.merges(container)
        unknownToken = try container.decodeIfPresent(String.self, forKey: .unknownToken)
        ignoresMerges = try container.decodeIfPresent(Bool.self, forKey: .ignoresMerges) ?? false
        try Self.require(0.0, container, .dropout)
        try Self.require(false, container, .fusesUnknown)
        try Self.require(false, container, .fallsBackToBytes)
        try Self.require("", container, .subwordPrefix)
        try Self.require("", container, .wordSuffix)
    }

    /// Merges are written as `"a b"` or, in newer files, as `["a", "b"]`.
    private static func merges(
        _ container: KeyedDecodingContainer<CodingKeys>
    ) throws -> [(left: String, right: String)] {
        let pairs: [[String]]
        if let lines = try? container.decode([String].self, forKey: .merges) {
            pairs = lines.map { $0.split(separator: " ", omittingEmptySubsequences: false).map(String.init) }
        } else {
            pairs = try container.decode([[String]].self, forKey: .merges)
        }
        return try pairs.enumerated().map { index, pair in
            guard pair.count == 2 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .merges, in: container,
                    debugDescription: "\(pair.count) parts in merge \(index) in place of two")
            }
            return (pair[0], pair[1])
        }
    }

    private static func require<Value: Decodable & Equatable>(
        _ value: Value, _ container: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys
    ) throws {
        let found = try container.decodeIfPresent(Value.self, forKey: key) ?? value
        guard found == value else {
            throw UnsupportedComponent(
                codingPath: container.codingPath + [key], found: "\(found)", supported: "\(value) or nothing")
        }
    }
}
