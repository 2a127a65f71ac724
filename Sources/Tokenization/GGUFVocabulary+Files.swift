import Foundation

/// The way back to the files from which such a GGUF is made: from there on, one path serves both formats.
extension GGUFVocabulary {
    /// The `tokenizer.json` of this vocabulary.
    func tokenizerJSON() throws -> Data {
        guard model == "gpt2" else {
            throw TokenizerError.unsupported(
                file: file, place: "tokenizer.ggml.model", found: "\"\(model)\"", supported: "\"gpt2\"")
        }
        let kind = try kind()
        let json: JSON = [
            "version": "1.0",
            "truncation": nil,
            "padding": nil,
            "added_tokens": .list(try addedTokens()),
            "normalizer": kind.composesText ? ["type": "NFC"] : nil,
            "pre_tokenizer": ["type": "Sequence", "pretokenizers": .list(kind.steps)],
            "post_processor": try postProcessor(kind),
            "decoder": [
                "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true,
            ],
            "model": [
                "type": "BPE",
                "dropout": nil,
                "unk_token": nil,
                "continuing_subword_prefix": nil,
                "end_of_word_suffix": nil,
                "fuse_unk": false,
                "byte_fallback": false,
                "ignore_merges": .flag(kind.ignoresMerges),
                "vocab": try idsBySpelling(),
                "merges": .list(merges.map(JSON.text)),
            ],
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(json)
    }

    /// The `tokenizer_config.json` of this vocabulary.
    func configurationJSON() throws -> Data {
        var specialTokens: [TokenizerConfiguration.Role: String] = [:]
        specialTokens[.beginningOfSequence] = try spelling(of: beginningOfSequence, "bos_token_id")
        specialTokens[.endOfSequence] = try spelling(of: endOfSequence, "eos_token_id")
        specialTokens[.padding] = try spelling(of: padding, "padding_token_id")
        specialTokens[.unknown] = try spelling(of: unknown, "unknown_token_id")
        return try TokenizerConfiguration.json(specialTokens)
    }

    private func spelling(of id: Int?, _ key: String) throws -> String? {
        guard let id else { return nil }
        guard tokens.indices.contains(id) else {
            throw TokenizerError.malformed(
                file: file, place: "tokenizer.ggml.\(key)", expected: "an id below \(tokens.count)",
                found: "\(id)")
        }
        return tokens[id]
    }

    /// What a pre-tokenizer's name stands for.
    private struct Kind {
        var steps: [JSON]
        var composesText = false
        var ignoresMerges = false
        var addsBeginningOfSequence = false
    }

    private func kind() throws -> Kind {
        func byteLevel(usesPattern: Bool) -> JSON {
            [
                "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false,
                "use_regex": .flag(usesPattern),
            ]
        }
        func split(_ pattern: SplitPattern) -> JSON {
            [
                "type": "Split", "pattern": ["Regex": .text(pattern.expression)], "behavior": "Isolated",
                "invert": false,
            ]
        }
        switch preTokenizer {
        case "gpt-2":
            return Kind(steps: [byteLevel(usesPattern: true)])
        case "smollm":
            return Kind(steps: [["type": "Digits", "individual_digits": true], byteLevel(usesPattern: true)])
        case "qwen2":
            return Kind(steps: [split(.qwen2), byteLevel(usesPattern: false)], composesText: true)
        case "llama-bpe", "llama3", "llama-v3":
            return Kind(
                steps: [split(.llama3), byteLevel(usesPattern: false)], ignoresMerges: true,
                addsBeginningOfSequence: true)
        default:
            throw TokenizerError.unsupported(
                file: file, place: "tokenizer.ggml.pre", found: "\"\(preTokenizer)\"",
                supported: "\"gpt-2\", \"smollm\", \"qwen2\" or \"llama-bpe\"")
        }
    }

    private func idsBySpelling() throws -> JSON {
        let ids = try Dictionary(tokens.enumerated().map { ($1, $0) }) { first, second in
            throw TokenizerError.malformed(
                file: file, place: "tokenizer.ggml.tokens", expected: "different tokens",
                found: "\"\(tokens[first])\" as \(first) and as \(second)")
        }
        return .object(ids.mapValues(JSON.number))
    }

    private func addedTokens() throws -> [JSON] {
        guard tokenTypes.isEmpty || tokenTypes.count == tokens.count else {
            throw TokenizerError.malformed(
                file: file, place: "tokenizer.ggml.token_type",
                expected: "\(tokens.count) types, one for each token", found: "\(tokenTypes.count)")
        }
        return try tokenTypes.enumerated().compactMap { id, rawType in
            switch TokenType(rawValue: rawType) {
            case .normal, .unused:
                return nil
            case .unknown, .control:
                return Self.addedToken(id, tokens[id], isSpecial: true)
            case .userDefined:
                return Self.addedToken(id, tokens[id], isSpecial: false)
            case .byte, nil:
                throw TokenizerError.unsupported(
                    file: file, place: "tokenizer.ggml.token_type[\(id)]", found: "\(rawType)",
                    supported: "a type from 1 to 5")
            }
        }
    }

    private static func addedToken(_ id: Int, _ content: String, isSpecial: Bool) -> JSON {
        [
            "id": .number(id), "content": .text(content), "single_word": false, "lstrip": false,
            "rstrip": false,
            "normalized": false, "special": .flag(isSpecial),
        ]
    }

    /// Puts around the text the special tokens that the file asks for.
    private func postProcessor(_ kind: Kind) throws -> JSON {
        let addsBeginning = addsBeginningOfSequence ?? kind.addsBeginningOfSequence
        let beginning = addsBeginning ? try spelling(of: beginningOfSequence, "bos_token_id") : nil
        let end = addsEndOfSequence ?? false ? try spelling(of: endOfSequence, "eos_token_id") : nil

        func pieces(_ sequence: JSON, type: JSON) -> [JSON] {
            func special(_ spelling: String) -> JSON {
                ["SpecialToken": ["id": .text(spelling), "type_id": type]]
            }
            return [
                beginning.map(special), ["Sequence": ["id": sequence, "type_id": type]], end.map(special),
            ].compactMap { $0 }
        }
        func definition(_ spelling: String?, _ id: Int?) -> [String: JSON] {
            guard let spelling, let id else { return [:] }
            return [
                spelling: ["id": .text(spelling), "ids": [.number(id)], "tokens": [.text(spelling)]]
            ]
        }
        let definitions = definition(beginning, beginningOfSequence)
            .merging(definition(end, endOfSequence)) { first, _ in first }
        return [
            "type": "TemplateProcessing",
            "single": .list(pieces("A", type: 0)),
            "pair": .list(pieces("A", type: 0) + pieces("B", type: 1)),
            "special_tokens": .object(definitions),
        ]
    }
}

/// JSON to be written.
private enum JSON: Encodable {
    case null
    case flag(Bool)
    case number(Int)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .flag(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .object(let values): try container.encode(values)
        }
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(nilLiteral: ()) { self = .null }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(integerLiteral value: Int) { self = .number(value) }
    init(stringLiteral value: String) { self = .text(value) }
    init(arrayLiteral elements: JSON...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements) { first, _ in first })
    }
}
