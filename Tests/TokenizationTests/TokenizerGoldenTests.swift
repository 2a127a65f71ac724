import Foundation
import Testing

@testable import Tokenization

/// What `transformers` computed, for the two tokenizers of the golden files.
private struct GoldenStrings: Decodable {
    struct Case: Decodable {
        let text: String
        let ids: [Int]
        let idsWithDigitSplit: [Int]?
        let decoded: String?
        let decodedSkippingSpecial: String?

        enum CodingKeys: String, CodingKey {
            case text, ids, decoded
            case idsWithDigitSplit = "ids_with_digit_split"
            case decodedSkippingSpecial = "decoded_skip_special"
        }
    }
    struct Partial: Decodable {
        let ids: [Int]
        let decoded: String
    }
    struct Truncated: Decodable {
        let text: String
        let maximumLength: Int
        let ids: [Int]

        enum CodingKeys: String, CodingKey {
            case text, ids
            case maximumLength = "max_length"
        }
    }
    let vocabularySize: Int
    let specialIDs: [String: Int]
    let strings: [Case]
    let partialDecode: [Partial]
    let truncated: [Truncated]

    enum CodingKeys: String, CodingKey {
        case strings, truncated
        case vocabularySize = "vocab_size"
        case specialIDs = "special_ids"
        case partialDecode = "partial_decode"
    }
}

private struct GoldenChats: Decodable {
    struct Rendering: Decodable {
        let text: String
        let ids: [Int]
        let assistantMask: [Int]?

        enum CodingKeys: String, CodingKey {
            case text, ids
            case assistantMask = "assistant_mask"
        }
    }
    struct Conversation: Decodable {
        let messages: [Message]
        let withoutPrompt: Rendering
        let withPrompt: Rendering

        enum CodingKeys: String, CodingKey {
            case messages
            case withoutPrompt = "no_generation_prompt"
            case withPrompt = "with_generation_prompt"
        }
    }
    let conversations: [Conversation]
}

@Suite struct TokenizerGoldenTests {
    @Test func tinyStrings() throws {
        try checkStrings("tiny_strings.json", try TokenizerFixtures.tiny(), splitsDigits: false)
    }

    @Test func tinyChats() throws {
        try checkChats("tiny_chat.json", try TokenizerFixtures.tiny())
    }

    @Test(.enabled(if: TokenizerFixtures.hasImportedSmolLM2, TokenizerFixtures.smolLM2IsMissing))
    func smolLM2Strings() throws {
        let tokenizer = try Tokenizer(contentsOf: TokenizerFixtures.importedSmolLM2)
        try checkStrings("smollm2_strings.json", tokenizer, splitsDigits: true)
    }

    @Test(.enabled(if: TokenizerFixtures.hasImportedSmolLM2, TokenizerFixtures.smolLM2IsMissing))
    func smolLM2Chats() throws {
        try checkChats("smollm2_chat.json", try Tokenizer(contentsOf: TokenizerFixtures.importedSmolLM2))
    }

    private func checkStrings(_ name: String, _ tokenizer: Tokenizer, splitsDigits: Bool) throws {
        let golden = try TokenizerFixtures.decode(GoldenStrings.self, "golden/tokenizer/\(name)")
        #expect(golden.strings.count > 100)
        #expect(tokenizer.vocabularySize == golden.vocabularySize)
        #expect(tokenizer.beginningOfSequence?.id == golden.specialIDs["bos"])
        #expect(tokenizer.endOfSequence?.id == golden.specialIDs["eos"])
        #expect(tokenizer.padding?.id == golden.specialIDs["pad"])
        #expect(tokenizer.unknown?.id == golden.specialIDs["unk"])
        for example in golden.strings {
            let ids = tokenizer.encode(example.text)
            #expect(
                ids == (splitsDigits ? example.idsWithDigitSplit : nil) ?? example.ids,
                "\(example.text.debugDescription)")
            let decoded = example.decoded ?? example.text
            expectSameBytes(tokenizer.decode(ids), decoded)
            expectSameBytes(
                tokenizer.decode(ids, skippingSpecialTokens: true), example.decodedSkippingSpecial ?? decoded)
            expectSameBytes(streamed(ids, by: tokenizer, skippingSpecialTokens: false), decoded)
            expectSameBytes(
                streamed(ids, by: tokenizer, skippingSpecialTokens: true),
                example.decodedSkippingSpecial ?? decoded)
        }
        for example in golden.partialDecode {
            expectSameBytes(tokenizer.decode(example.ids), example.decoded)
            expectSameBytes(
                streamed(example.ids, by: tokenizer, skippingSpecialTokens: false), example.decoded)
        }
        for example in golden.truncated {
            #expect(tokenizer.encode(example.text).prefix(example.maximumLength) == example.ids[...])
        }
    }

    private func checkChats(_ name: String, _ tokenizer: Tokenizer) throws {
        let golden = try TokenizerFixtures.decode(GoldenChats.self, "golden/tokenizer/\(name)")
        #expect(golden.conversations.count == 25)
        for conversation in golden.conversations {
            for (expected, addsPrompt) in [
                (conversation.withoutPrompt, false), (conversation.withPrompt, true),
            ] {
                #expect(
                    try tokenizer.render(conversation.messages, addGenerationPrompt: addsPrompt)
                        == expected.text)
                #expect(
                    try tokenizer.encode(conversation.messages, addGenerationPrompt: addsPrompt)
                        == expected.ids)
            }
            let marked = try tokenizer.encodeMarkingAssistant(conversation.messages)
            #expect(marked.ids == conversation.withoutPrompt.ids)
            #expect(marked.isAssistant.count == marked.ids.count)
            if let mask = conversation.withoutPrompt.assistantMask {
                #expect(marked.isAssistant == mask.map { $0 == 1 })
            }
        }
    }
}

/// `==` of strings would take canonically equivalent ones for equal.
func expectSameBytes(_ found: String, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(Array(found.utf8) == Array(expected.utf8), sourceLocation: sourceLocation)
}

func streamed(_ ids: [Int], by tokenizer: Tokenizer, skippingSpecialTokens: Bool) -> String {
    var decoder = tokenizer.makeStreamingDecoder(skippingSpecialTokens: skippingSpecialTokens)
    return ids.map { decoder.append($0) }.joined() + decoder.finish()
}
