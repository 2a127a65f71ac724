import Foundation
import JSON

/// Vocabularies of pieces, as SentencePiece's BPE leaves them: scores in place of merges.
extension GGUFVocabulary {
    func pieceJSON() throws -> Data {
        let addsBlank = addsBlankPrefix ?? true
        let replaced: JSONValue = [
            "type": "Replace", "pattern": ["String": " "], "content": .string(TokenSpelling.blank),
        ]
        let prepended: JSONValue = ["type": "Prepend", "prepend": .string(TokenSpelling.blank)]
        let restored: JSONValue = [
            "type": "Replace", "pattern": ["String": .string(TokenSpelling.blank)], "content": " ",
        ]
        let stripped: JSONValue = ["type": "Strip", "content": " ", "start": 1, "stop": 0]
        let json: JSONValue = [
            "version": "1.0",
            "truncation": .null,
            "padding": .null,
            "added_tokens": .array(try addedTokens().map(\.json)),
            "normalizer": addsBlank
                ? ["type": "Sequence", "normalizers": .array([prepended, replaced])] : replaced,
            "pre_tokenizer": .null,
            "post_processor": try postProcessor(addsBeginning: true),
            "decoder": [
                "type": "Sequence",
                "decoders": .array(
                    [restored, ["type": "ByteFallback"], ["type": "Fuse"]] + (addsBlank ? [stripped] : [])),
            ],
            "model": [
                "type": "BPE",
                "dropout": .null,
                "unk_token": try spelling(of: unknown, "unknown_token_id").map(JSONValue.string) ?? .null,
                "continuing_subword_prefix": .null,
                "end_of_word_suffix": .null,
                "fuse_unk": true,
                "byte_fallback": true,
                "ignore_merges": false,
                "vocab": .object(try idsBySpelling()),
                "merges": .array(
                    try mergesByScore().map { .array([.string($0.left), .string($0.right)]) }),
            ],
        ]
        return Data(json.text(.compact).utf8)
    }

    /// Every way to make a normal piece of two others, the higher its score the sooner, in the order in which Hugging Face's
    /// converter writes them.
    private func mergesByScore() throws -> [(left: String, right: String)] {
        guard scores.count == tokens.count else {
            throw TokenizerError.malformed(
                file: file, place: "tokenizer.ggml.scores",
                expected: "\(tokens.count) scores, one for each token", found: "\(scores.count)")
        }
        var ids = ByteStringTable(minimumCapacity: tokens.count)
        for token in tokens { ids.insert(token) }
        var merges: [(left: String, right: String, order: (Double, Int, Int, Int))] = []
        for (id, token) in tokens.enumerated() where isNormal(id) {
            let characters = Array(token.unicodeScalars)
            var ways: [(left: String, right: String, leftID: Int, rightID: Int, cut: Int)] = []
            for cut in characters.indices.dropFirst() {
                let (left, right) = (Self.text(characters[..<cut]), Self.text(characters[cut...]))
                guard let leftID = ids.index(of: left), let rightID = ids.index(of: right),
                    isNormal(leftID), isNormal(rightID)
                else { continue }
                ways.append((left, right, leftID, rightID, cut))
            }
            ways.sort { ($0.leftID, $0.rightID) < ($1.leftID, $1.rightID) }
            for way in ways {
                merges.append(
                    (way.left, way.right, (scores[id], way.cut, characters.count - way.cut, -merges.count)))
            }
        }
        merges.sort { $0.order > $1.order }
        return merges.map { ($0.left, $0.right) }
    }

    /// Whether text may become the token: one that is control, or that is matched as a whole, does not come of merging.
    private func isNormal(_ id: Int) -> Bool {
        tokenTypes.isEmpty || TokenType(rawValue: tokenTypes[id]) == .normal
    }

    private static func text(_ characters: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: characters)
        return String(text)
    }
}
