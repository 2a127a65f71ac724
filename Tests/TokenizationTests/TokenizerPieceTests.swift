import Foundation
import JSON
import Testing

@testable import Tokenization

/// Vocabularies of pieces, as SentencePiece leaves them. Ids are worked out by hand.
@Suite struct TokenizerPieceTests {
    /// `<unk>`, `<s>`, `</s>`, the 256 bytes, then these, of which later ones have lower scores, a control token and one that is
    /// matched as a whole.
    private static let pieces = [
        "▁a", "ab", "▁ab", "▁", "a", "b", "é", "▁▁", "c\u{301}", "c", "\u{301}",
    ]
    private static let first = 3 + 256

    private func vocabulary(addsBlank: Bool) -> GGUFVocabulary {
        let bytes = (UInt8.min...UInt8.max).map(TokenSpelling.piece)
        let tokens = ["<unk>", "<s>", "</s>"] + bytes + Self.pieces + ["<turn>", "ba"]
        let types =
            [2, 3, 3] + bytes.map { _ in 6 } + Self.pieces.map { _ in 1 } + [3, 4]
        let scores = tokens.indices.map { -Double($0) }
        return GGUFVocabulary(
            file: "pieces.gguf", model: "llama", preTokenizer: "default", tokens: tokens, tokenTypes: types,
            merges: [], scores: scores, addsBlankPrefix: addsBlank, beginningOfSequence: 1, endOfSequence: 2,
            unknown: 0, addsBeginningOfSequence: true)
    }

    private func ids(_ pieces: String...) -> [Int] {
        pieces.map { piece in Self.pieces.firstIndex(of: piece).map { Self.first + $0 } ?? -1 }
    }

    @Test func scoresMergeTheHighestFirst() throws {
        let tokenizer = try Tokenizer(gguf: vocabulary(addsBlank: false))
        #expect(tokenizer.encode("ab", addingSpecialTokens: false) == ids("ab"))
        // "▁a" is worth more than "ab", and "▁ab" comes of "▁a" and "b".
        #expect(tokenizer.encode(" ab", addingSpecialTokens: false) == ids("▁ab"))
        #expect(tokenizer.encode("ab") == [1] + ids("ab"))
        #expect(tokenizer.encode("a  b", addingSpecialTokens: false) == ids("a", "▁▁", "b"))
        // What is no piece is its bytes: "ü" is C3 BC.
        #expect(tokenizer.encode("ü", addingSpecialTokens: false) == [3 + 0xC3, 3 + 0xBC])
        #expect(tokenizer.encode("\n", addingSpecialTokens: false) == [3 + 0x0A])
        // A combining accent is a character of its own until a merge says otherwise.
        #expect(tokenizer.encode("c\u{301}é", addingSpecialTokens: false) == ids("c\u{301}", "é"))
    }

    @Test func wholeTokensAreNotMergedInto() throws {
        let tokenizer = try Tokenizer(gguf: vocabulary(addsBlank: false))
        let end = Self.first + Self.pieces.count
        #expect(tokenizer.encode("a<turn>ba", addingSpecialTokens: false) == ids("a") + [end, end + 1])
        #expect(!tokenizer.encodeOrdinary("<turn>").contains(end))
        #expect(tokenizer.decode(tokenizer.encodeOrdinary("<turn>")) == "<turn>")
        #expect(tokenizer.isSpecial(end) && !tokenizer.isSpecial(end + 1))
    }

    @Test func aBlankInFrontGoesAgain() throws {
        let tokenizer = try Tokenizer(gguf: vocabulary(addsBlank: true))
        #expect(tokenizer.encode("ab", addingSpecialTokens: false) == ids("▁ab"))
        #expect(tokenizer.encode(" ab", addingSpecialTokens: false) == ids("▁", "▁ab"))
        for text in ["ab", " ab", "a  b ü\nab", "é"] {
            let ids = tokenizer.encode(text, addingSpecialTokens: false)
            #expect(tokenizer.decode(ids) == text)
            var decoder = tokenizer.makeStreamingDecoder()
            #expect(ids.map { decoder.append($0) }.joined() + decoder.finish() == text)
        }
    }

    @Test func writtenAndReadAgain() throws {
        let tokenizer = try Tokenizer(gguf: vocabulary(addsBlank: true))
        let again = try Tokenizer(json: tokenizer.tokenizerJSON, configuration: nil, chatTemplate: nil)
        for text in ["ab  a", "<turn>ab", "日本"] { #expect(again.encode(text) == tokenizer.encode(text)) }
    }

    @Test func metaspaceAndGemmaFiles() throws {
        func encode(_ text: String, _ change: (inout [String: Any]) -> Void) throws -> [Int] {
            let data = try vocabulary(addsBlank: false).pieceJSON()
            var json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
            change(&json)
            return try Tokenizer(
                json: JSONSerialization.data(withJSONObject: json), configuration: nil, chatTemplate: nil
            ).encode(text, addingSpecialTokens: false)
        }
        let split: [String: Any] = [
            "type": "Split", "pattern": ["String": " "], "behavior": "MergedWithPrevious", "invert": false,
        ]
        #expect(try encode("ab ab") { $0["pre_tokenizer"] = split } == ids("ab", "▁ab"))
        func metaspace(_ scheme: String) -> (inout [String: Any]) -> Void {
            { json in
                json["normalizer"] = NSNull()
                json["pre_tokenizer"] = [
                    "type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": false,
                ]
            }
        }
        let turn = [Self.first + Self.pieces.count]
        #expect(try encode("ab<turn>ab", metaspace("first")) == ids("▁ab") + turn + ids("ab"))
        #expect(try encode("ab<turn> ab", metaspace("always")) == ids("▁ab") + turn + ids("▁ab"))
        #expect(try encode("ab", metaspace("never")) == ids("ab"))
        #expect(throws: TokenizerError.self) { try encode("a") { $0["normalizer"] = NSNull() } }
    }

    @Test func whatIsMissingIsNamed() throws {
        var vocabulary = vocabulary(addsBlank: false)
        vocabulary.scores.removeLast()
        var error = #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
        #expect(error?.description.contains("tokenizer.ggml.scores") == true)
        vocabulary = self.vocabulary(addsBlank: false)
        vocabulary.tokens[3 + 0x0A] = "newline"
        error = #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
        #expect(error?.description.contains("<0x0A>") == true)
    }
}
