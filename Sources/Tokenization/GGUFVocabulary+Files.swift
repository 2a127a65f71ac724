import Foundation
import JSON

/// The way back to the files from which such a GGUF is made: from there on, one path serves both formats.
extension GGUFVocabulary {
    /// The `tokenizer.json` of this vocabulary.
    func tokenizerJSON() throws -> Data {
        guard model == "gpt2" else {
            throw TokenizerError.unsupported(
                file: file, place: "tokenizer.ggml.model", found: "\"\(model)\"", supported: "\"gpt2\"")
        }
        let kind = try kind()
        let json: JSONValue = [
            "version": "1.0",
            "truncation": .null,
            "padding": .null,
            "added_tokens": .array(try addedTokens()),
            "normalizer": kind.composesText ? ["type": "NFC"] : .null,
            "pre_tokenizer": ["type": "Sequence", "pretokenizers": .array(kind.steps)],
            "post_processor": try postProcessor(kind),
            "decoder": [
                "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true,
            ],
            "model": [
                "type": "BPE",
                "dropout": .null,
                "unk_token": .null,
                "continuing_subword_prefix": .null,
                "end_of_word_suffix": .null,
                "fuse_unk": false,
                "byte_fallback": false,
                "ignore_merges": .boolean(kind.ignoresMerges),
                "vocab": try idsBySpelling(),
                "merges": .array(merges.map(JSONValue.string)),
            ],
        ]
        return Data(json.text(.compact).utf8)
    }

    /// The `tokenizer_config.json` of this vocabulary.
    func configurationJSON() throws -> Data {
        var specialTokens: [TokenizerConfiguration.Role: String] = [:]
        specialTokens[.beginningOfSequence] = try spelling(of: beginningOfSequence, "bos_token_id")
        specialTokens[.endOfSequence] = try spelling(of: endOfSequence, "eos_token_id")
        specialTokens[.padding] = try spelling(of: padding, "padding_token_id")
        specialTokens[.unknown] = try spelling(of: unknown, "unknown_token_id")
        return TokenizerConfiguration.json(specialTokens)
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
        var steps: [JSONValue]
        var composesText = false
        var ignoresMerges = false
        var addsBeginningOfSequence = false
    }

    private func kind() throws -> Kind {
        func byteLevel(usesPattern: Bool) -> JSONValue {
            [
                "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false,
                "use_regex": .boolean(usesPattern),
            ]
        }
        func split(_ pattern: SplitPattern) -> JSONValue {
            [
                "type": "Split", "pattern": ["Regex": .string(pattern.expression)], "behavior": "Isolated",
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

    private func idsBySpelling() throws -> JSONValue {
        var ids = JSONObject()
        for (id, token) in tokens.enumerated() {
            if let first = ids[token] {
                throw TokenizerError.malformed(
                    file: file, place: "tokenizer.ggml.tokens", expected: "different tokens",
                    found: "\"\(token)\" as \(first) and as \(id)")
            }
            ids[token] = .integer(id)
        }
        return .object(ids)
    }

    private func addedTokens() throws -> [JSONValue] {
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

    private static func addedToken(_ id: Int, _ content: String, isSpecial: Bool) -> JSONValue {
        [
            "id": .integer(id), "content": .string(content), "single_word": false, "lstrip": false,
            "rstrip": false,
            "normalized": false, "special": .boolean(isSpecial),
        ]
    }

    /// Puts around the text the special tokens that the file asks for.
    private func postProcessor(_ kind: Kind) throws -> JSONValue {
        let addsBeginning = addsBeginningOfSequence ?? kind.addsBeginningOfSequence
        let beginning = addsBeginning ? try spelling(of: beginningOfSequence, "bos_token_id") : nil
        let end = addsEndOfSequence ?? false ? try spelling(of: endOfSequence, "eos_token_id") : nil

        func pieces(_ sequence: JSONValue, type: JSONValue) -> [JSONValue] {
            func special(_ spelling: String) -> JSONValue {
                ["SpecialToken": ["id": .string(spelling), "type_id": type]]
            }
            return [
                beginning.map(special), ["Sequence": ["id": sequence, "type_id": type]], end.map(special),
            ].compactMap { $0 }
        }
        var definitions = JSONObject()
        for case (let spelling?, let id?) in [(end, endOfSequence), (beginning, beginningOfSequence)] {
            definitions[spelling] = [
                "id": .string(spelling), "ids": [.integer(id)], "tokens": [.string(spelling)],
            ]
        }
        return [
            "type": "TemplateProcessing",
            "single": .array(pieces("A", type: 0)),
            "pair": .array(pieces("A", type: 0) + pieces("B", type: 1)),
            "special_tokens": .object(definitions),
        ]
    }
}
