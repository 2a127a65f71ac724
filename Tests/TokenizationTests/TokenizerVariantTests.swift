import Foundation
import Testing

@testable import Tokenization

/// Pre-tokenizers, normalizers, post-processors and added tokens of other models, on the tiny vocabulary, against what
/// Hugging Face's `tokenizers` gives (`Fixtures/tokenizer-variants/make.py`).
@Suite struct TokenizerVariantTests {
    private struct Expected: Decodable {
        struct Variant: Decodable {
            let name: String
            let ids: [[Int]]
            let ordinaryIDs: [[Int]]

            enum CodingKeys: String, CodingKey {
                case name, ids
                case ordinaryIDs = "ordinary_ids"
            }
        }
        let texts: [String]
        let variants: [Variant]
    }

    private static let path = "tokenizer-variants/expected.json"

    @Test(arguments: ["gpt2", "digit runs", "qwen2", "llama3", "added tokens"])
    func idsEqualTheReference(name: String) throws {
        let expected = try TokenizerFixtures.decode(Expected.self, Self.path)
        let variant = try #require(expected.variants.first { $0.name == name })
        let tokenizer = try Self.tokenizer(name)
        #expect(variant.ids.count == expected.texts.count)
        for (text, (ids, ordinary)) in zip(expected.texts, zip(variant.ids, variant.ordinaryIDs)) {
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
            #expect(tokenizer.encodeOrdinary(text) == ordinary, "\(text.debugDescription)")
        }
    }

    @Test func specialTokensOfThePostProcessorAreOptional() throws {
        let tokenizer = try Self.tokenizer("llama3")
        #expect(tokenizer.encode("hi") == [1] + tokenizer.encode("hi", addingSpecialTokens: false))
    }

    /// The tiny tokenizer with the changes that the expected file lists.
    private static func tokenizer(_ name: String) throws -> Tokenizer {
        let data = try Data(contentsOf: TokenizerFixtures.folder.appending(path: path))
        let expected = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let variants = try #require(expected["variants"] as? [[String: Any]])
        let variant = try #require(variants.first { $0["name"] as? String == name })
        var changes = try #require(variant["changes"] as? [String: Any])
        let moreVocabulary = changes.removeValue(forKey: "more_vocabulary") as? [String: Any] ?? [:]
        let modelChanges = changes.removeValue(forKey: "model") as? [String: Any] ?? [:]
        return try TokenizerFixtures.tiny { json in
            json.merge(changes) { $1 }
            var model = try #require(json["model"] as? [String: Any])
            var vocabulary = try #require(model["vocab"] as? [String: Any])
            vocabulary.merge(moreVocabulary) { $1 }
            model["vocab"] = vocabulary
            json["model"] = model.merging(modelChanges) { $1 }
        }
    }
}
