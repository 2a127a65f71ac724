import Foundation
import JSON
import Testing

@testable import Tokenization

@Suite struct TokenizerGGUFTests {
    /// The tiny tokenizer as a GGUF file would hold it.
    private func tinyVocabulary(preTokenizer: String) throws -> GGUFVocabulary {
        let data = try TokenizerFixtures.tinyJSON { _ in }
        let file = try TokenizerFile(JSONField(JSONValue(parsing: data)))
        let tokens = file.model.vocabulary.sorted { $0.value < $1.value }.map(\.key)
        return GGUFVocabulary(
            file: "tiny.gguf", model: "gpt2", preTokenizer: preTokenizer, tokens: tokens,
            tokenTypes: tokens.indices.map { $0 < 3 ? 3 : 1 },
            merges: file.model.merges.map { "\($0.left) \($0.right)" }, beginningOfSequence: 1,
            endOfSequence: 2,
            padding: 0, unknown: 0, chatTemplate: "{{ bos_token }}")
    }

    private let texts = [
        "Hello, world! 123 1234", "don't DON'T", "x  1\n\n y", "<|im_start|>user\nhi<|im_end|>\n",
        "e\u{301} \u{212B} 漢字 👍🏽",
    ]

    @Test func smolLM2KindEqualsTheFile() throws {
        let tiny = try TokenizerFixtures.tiny()
        let tokenizer = try Tokenizer(gguf: try tinyVocabulary(preTokenizer: "smollm"))
        for text in texts { #expect(tokenizer.encode(text) == tiny.encode(text)) }
        #expect(tokenizer.vocabularySize == tiny.vocabularySize)
        #expect(tokenizer.beginningOfSequence == tiny.beginningOfSequence)
        #expect(tokenizer.endOfSequence == tiny.endOfSequence)
        #expect(tokenizer.padding == tiny.padding)
        #expect(tokenizer.chatTemplate?.source == "{{ bos_token }}")
    }

    @Test(arguments: [("gpt-2", SplitPattern.gpt2), ("qwen2", .qwen2), ("llama-bpe", .llama3)])
    func otherKindsCutTextTheirWay(preTokenizer: String, pattern: SplitPattern) throws {
        let tokenizer = try Tokenizer(gguf: try tinyVocabulary(preTokenizer: preTokenizer))
        let expected = try TokenizerFixtures.tiny { json in
            json["pre_tokenizer"] = [
                "type": "Sequence",
                "pretokenizers": [
                    [
                        "type": "Split", "pattern": ["Regex": pattern.expression],
                        "behavior": "Isolated",
                        "invert": false,
                    ] as [String: Any],
                    ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false],
                ],
            ]
            if pattern == .qwen2 { json["normalizer"] = ["type": "NFC"] }
        }
        let prefix = pattern == .llama3 ? [1] : []
        for text in texts { #expect(tokenizer.encode(text) == prefix + expected.encode(text), "\(text)") }
    }

    @Test func theFileSaysWhatIsPutAroundTheText() throws {
        var vocabulary = try tinyVocabulary(preTokenizer: "llama-bpe")
        vocabulary.addsBeginningOfSequence = false
        vocabulary.addsEndOfSequence = true
        #expect(try Tokenizer(gguf: vocabulary).encode("<|endoftext|>") == [0, 2])
        vocabulary.addsBeginningOfSequence = true
        #expect(try Tokenizer(gguf: vocabulary).encode("<|endoftext|>") == [1, 0, 2])
    }

    @Test func tokensOfTheUserAreTextAndUnusedOnesNeverMatch() throws {
        var vocabulary = try tinyVocabulary(preTokenizer: "gpt-2")
        vocabulary.tokens += ["<think> now", "[PAD1]"]
        vocabulary.tokenTypes += [4, 5]
        let tokenizer = try Tokenizer(gguf: vocabulary)
        let id = vocabulary.tokens.count - 2
        #expect(tokenizer.encode("<think> now") == [id])
        #expect(tokenizer.decode([id], skippingSpecialTokens: true) == "<think> now")
        #expect(!tokenizer.encode("[PAD1]").contains(id + 1))
        #expect(tokenizer.vocabularySize == id + 2)
    }

    @Test func whatIsWrittenReadsTheSame() throws {
        try withTemporaryFolder { folder in
            let tokenizer = try Tokenizer(gguf: try tinyVocabulary(preTokenizer: "qwen2"))
            try tokenizer.write(to: folder)
            let read = try Tokenizer(contentsOf: folder)
            for text in texts { #expect(read.encode(text) == tokenizer.encode(text)) }
            #expect(read.endOfSequence == tokenizer.endOfSequence)
            #expect(read.chatTemplate?.source == tokenizer.chatTemplate?.source)
        }
    }

    @Test func whatIsNotSupportedIsNamed() throws {
        var vocabulary = try tinyVocabulary(preTokenizer: "deepseek-llm")
        var error = #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
        #expect(error?.description.contains("tiny.gguf: tokenizer.ggml.pre") == true)
        #expect(error?.description.contains("deepseek-llm") == true)
        vocabulary.model = "bert"
        error = #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
        #expect(error?.description.contains("tokenizer.ggml.model") == true)
    }

    @Test func contradictionsAreNamed() throws {
        let vocabulary = try tinyVocabulary(preTokenizer: "gpt-2")
        func expectError(_ place: String, _ change: (inout GGUFVocabulary) -> Void) {
            var changed = vocabulary
            change(&changed)
            let error = #expect(throws: TokenizerError.self) { try Tokenizer(gguf: changed) }
            #expect(error?.description.contains("tiny.gguf: tokenizer.ggml.\(place)") == true)
        }
        expectError("eos_token_id") { $0.endOfSequence = 70_000 }
        expectError("token_type") { $0.tokenTypes.removeLast() }
        expectError("token_type[5]") { $0.tokenTypes[5] = 6 }
        expectError("tokens") { $0.tokens[7] = $0.tokens[8] }
    }
}
