import Foundation
import JSON

/// The way back to the files from which such a GGUF is made: from there on, one path serves both formats.
extension GGUFVocabulary {
    /// The `tokenizer.json` of this vocabulary.
    func tokenizerJSON() throws -> Data {
        if model == "llama" { return try pieceJSON() }
        guard model == "gpt2" else {
            throw TokenizerError.unsupported(
                file: file, place: "tokenizer.ggml.model", found: "\"\(model)\"",
                supported: "\"gpt2\" or \"llama\"")
        }
        let kind = try kind()
        return TokenizerFile.json(
            addedTokens: try addedTokens(), composesText: kind.composesText,
            preTokenizer: PreTokenizer(steps: kind.steps),
            postProcessor: try postProcessor(addsBeginning: kind.addsBeginningOfSequence),
            ignoresMerges: kind.ignoresMerges, vocabulary: try idsBySpelling(), merges: merges)
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

    func spelling(of id: Int?, _ key: String) throws -> String? {
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
        var steps: [PreTokenizer.Step]
        var composesText = false
        var ignoresMerges = false
        var addsBeginningOfSequence = false
    }

    private func kind() throws -> Kind {
        switch preTokenizer {
        case "gpt-2":
            return Kind(steps: [.pattern(.gpt2)])
        case "smollm":
            return Kind(steps: [.digits(individually: true), .pattern(.gpt2)])
        case "qwen2":
            return Kind(steps: [.pattern(.qwen2)], composesText: true)
        case "llama-bpe", "llama3", "llama-v3":
            return Kind(steps: [.pattern(.llama3)], ignoresMerges: true, addsBeginningOfSequence: true)
        default:
            throw TokenizerError.unsupported(
                file: file, place: "tokenizer.ggml.pre", found: "\"\(preTokenizer)\"",
                supported: "\"gpt-2\", \"smollm\", \"qwen2\" or \"llama-bpe\"")
        }
    }

    func idsBySpelling() throws -> JSONObject {
        var ids = JSONObject()
        for (id, token) in tokens.enumerated() {
            if let first = ids[token] {
                throw TokenizerError.malformed(
                    file: file, place: "tokenizer.ggml.tokens", expected: "different tokens",
                    found: "\"\(token)\" as \(first) and as \(id)")
            }
            ids[token] = .integer(id)
        }
        return ids
    }

    func addedTokens() throws -> [AddedToken] {
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
                return AddedToken(id: id, content: tokens[id], isSpecial: true)
            case .userDefined:
                return AddedToken(id: id, content: tokens[id])
            case .byte where model == "llama":
                return nil
            case .byte, nil:
                throw TokenizerError.unsupported(
                    file: file, place: "tokenizer.ggml.token_type[\(id)]", found: "\(rawType)",
                    supported: "a type from 1 to 5")
            }
        }
    }

    /// Puts around the text the special tokens that the file asks for.
    /// - Parameter addsBeginning: whether one at the beginning is among them where the file does not say.
    func postProcessor(addsBeginning: Bool) throws -> JSONValue {
        let addsBeginning = addsBeginningOfSequence ?? addsBeginning
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
