import Foundation
import Testing

@testable import Tokenization

/// A tokenizer as Hugging Face's `tokenizers` learned it.
private struct LearnedCase: Decodable {
    struct Encoding: Decodable {
        let ids: [Int]
        let decoded: String?
    }
    let corpus: String
    let pre: String
    let vocabularySize: Int
    let minimumFrequency: Int
    let specialTokens: [String]
    let tokenLengthLimit: Int?
    let hasWholeAlphabet: Bool
    let normalizer: String?
    let feed: String
    let addsPrefixSpace: Bool
    let tokens: [String]
    let merges: [Merge]
    let encodings: [Encoding]

    /// `"a b"` or `["a", "b"]`.
    struct Merge: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            text = try (try? value.decode(String.self)) ?? value.decode([String].self).joined(separator: " ")
        }
    }

    enum CodingKeys: String, CodingKey {
        case corpus, pre, normalizer, feed, tokens, merges, encodings
        case vocabularySize = "vocab_size"
        case minimumFrequency = "min_frequency"
        case specialTokens = "special_tokens"
        case tokenLengthLimit = "max_token_length"
        case hasWholeAlphabet = "initial_alphabet"
        case addsPrefixSpace = "add_prefix_space"
    }

    func training() throws -> TokenizerTraining {
        let patterns = try TokenizerFixtures.decode(
            [String: String].self, "golden/bpe-training/patterns.json")
        let preTokenizer = try #require(pre == "gpt2" ? pre : patterns[pre])
        var training = try #require(
            TokenizerTraining(
                vocabularySize: vocabularySize, preTokenizer: preTokenizer, addsPrefixBlank: addsPrefixSpace))
        training.minimumFrequency = minimumFrequency
        training.specialTokens = specialTokens
        training.alphabet = hasWholeAlphabet ? .all : .seen
        training.tokenLengthLimit = tokenLengthLimit
        training.composesText = normalizer == "NFC"
        training.isByLine = feed == "lines"
        return training
    }

    func text() throws -> [UInt8] {
        let file = TokenizerFixtures.folder.appending(path: "golden/bpe-training/\(corpus)")
        return [UInt8](try Data(contentsOf: file))
    }
}

private let caseNames = [
    "code_gpt2_min2", "code_llama3", "code_o200k_min5", "digits_digits2", "digits_gpt2", "digits_llama3_min5",
    "ties_cut",
    "ties_gpt2", "ties_maxlen4", "ties_qwen2_min5", "ties_special_formed", "tiny_min2", "tiny_no_alphabet",
    "tiny_special_formed", "tiny_unreachable", "tiny_vocab_below_alphabet",
]

@Suite struct TokenizerTrainingTests {
    @Test(arguments: caseNames) func mergesAndIdsAreThoseOfTheReference(_ name: String) throws {
        let golden = try TokenizerFixtures.decode(LearnedCase.self, "golden/bpe-training/\(name).json")
        let tokenizer = try tokenizer(golden.training(), try [golden.text()])
        let json = try #require(
            try JSONSerialization.jsonObject(with: tokenizer.tokenizerJSON) as? [String: Any])
        let model = try #require(json["model"] as? [String: Any])
        #expect(model["merges"] as? [String] == golden.merges.map(\.text))
        #expect(tokenizer.vocabularySize == golden.tokens.count)
        for (id, token) in golden.tokens.enumerated() { #expect(tokenizer.id(of: token) == id) }

        let probes = try TokenizerFixtures.decode([String].self, "golden/bpe-training/probe_strings.json")
        for (text, encoding) in zip(probes, golden.encodings) {
            #expect(tokenizer.encode(text) == encoding.ids, "\(text.debugDescription)")
            #expect(tokenizer.decode(encoding.ids) == encoding.decoded ?? text)
        }
    }

    /// Wherever a text may be cut, its words are those of the whole.
    @Test(arguments: ["gpt2", "llama3", "qwen2", "smollm2"]) func cutTextHasTheWordsOfTheWhole(
        _ preTokenizer: String
    ) throws {
        let training = try #require(TokenizerTraining(vocabularySize: 0, preTokenizer: preTokenizer))
        var generator = SystemRandomNumberGenerator()
        let characters = [
            "a", "B", "é", "字", "1", "½", " ", " ", "\t", "\n", "\r", "\u{3000}", ".", "/", "'", "s", "😀",
        ]
        for _ in 0..<2000 {
            let text = Array(
                (0..<12).map { _ in characters.randomElement(using: &generator) ?? "" }.joined().utf8)
            let cut = text.withUnsafeBufferPointer { training.lastCut(in: $0) }
            guard let cut else { continue }
            let parts = words(Array(text[..<cut]), training) + words(Array(text[cut...]), training)
            #expect(
                parts == words(text, training), "\(String(decoding: text, as: UTF8.self).debugDescription)")
        }
    }

    @Test func expressionsThatNobodyKnowsAreNotCut() throws {
        let training = try #require(TokenizerTraining(vocabularySize: 0, preTokenizer: #"\w+|\W"#))
        #expect(Array("some words here".utf8).withUnsafeBufferPointer { training.lastCut(in: $0) } == nil)
        #expect(TokenizerTraining(vocabularySize: 0, preTokenizer: "(") == nil)
    }

    /// What is between two matches is a piece, and white space is Unicode's, as in the reference's engine.
    @Test func expressionsCutWhatTheyMatch() throws {
        let matcher = try #require(ExpressionMatcher(#"\s+|é+"#))
        let text = Array("aé😀 \u{0B}\u{85}b".utf8)
        let pieces = text.withUnsafeBufferPointer { matcher.pieces(of: $0) }
        #expect(
            pieces.map { String(decoding: text[$0], as: UTF8.self) } == ["a", "é", "😀", " \u{0B}\u{85}", "b"])
    }

    /// Backtracking without end ends, and nothing of the text is lost.
    @Test func expressionsThatBacktrackWithoutEndDoNotHang() throws {
        let matcher = try #require(ExpressionMatcher("(a+)+b"))
        let text = Array(String(repeating: "a", count: 40).utf8)
        let pieces = text.withUnsafeBufferPointer { matcher.pieces(of: $0) }
        #expect(pieces.last?.upperBound == text.count)
        // What matches nowhere for long is no backtracking.
        let digits = try #require(ExpressionMatcher(#"\d+"#))
        let long = Array((String(repeating: "letters ", count: 20_000) + "1").utf8)
        #expect(long.withUnsafeBufferPointer { digits.pieces(of: $0) } == [0..<160_000, 160_000..<160_001])
    }

    @Test func everyLineIsATextOfItsOwn() throws {
        var training = try #require(
            TokenizerTraining(vocabularySize: 0, preTokenizer: "gpt2", addsPrefixBlank: true))
        training.isByLine = true
        #expect(words(Array("a\n\nb".utf8), training) == [" a", "\n", " \n", " b"])
    }

    @Test func writtenTokenizersLoadAgain() throws {
        var training = try #require(TokenizerTraining(vocabularySize: 280, preTokenizer: "smollm2"))
        training.specialTokens = ["<|endoftext|>", "<|endoftext|>", "<x>"]
        let trainer = TokenizerTrainer(training)
        trainer.add(TrainingText(Array("the cat, the hat, the bat 123".utf8)))
        let tokenizer = try trainer.learn().tokenizer(endOfSequence: "<|endoftext|>")
        try withTemporaryFolder { folder in
            try tokenizer.write(to: folder)
            let loaded = try Tokenizer(contentsOf: folder)
            #expect(loaded.endOfSequence == SpecialToken(id: 0, text: "<|endoftext|>"))
            #expect(loaded.encode("<x>the 12") == tokenizer.encode("<x>the 12"))
            #expect(loaded.id(of: "<x>") == 1 && loaded.vocabularySize == tokenizer.vocabularySize)
        }
    }

    // MARK: Helpers

    private func tokenizer(_ training: TokenizerTraining, _ texts: [[UInt8]]) throws -> Tokenizer {
        let trainer = TokenizerTrainer(training)
        for text in texts { trainer.add(TrainingText(text)) }
        return try trainer.learn().tokenizer()
    }

    /// The words that are counted.
    private func words(_ text: [UInt8], _ training: TokenizerTraining) -> [String] {
        var words: [String] = []
        TrainingText(text).forEachWord(by: training, .none) {
            words.append(String(decoding: $0, as: UTF8.self))
        }
        return words
    }
}
