import Foundation
import JSON

/// A vocabulary and merges as they were learned.
public struct LearnedTokenizer: Sendable {
    private let training: TokenizerTraining
    /// Spellings by id.
    private let tokens: ByteStringTable
    /// Ids of the two that become one, in the order of learning.
    private let merges: [(left: UInt32, right: UInt32)]

    /// The number of tokens, which is less than was asked for where no pair was frequent enough.
    public var vocabularySize: Int { tokens.count }
    public var mergeCount: Int { merges.count }

    init(_ words: WordCounts, _ training: TokenizerTraining, progress: (Int) throws -> Void) rethrows {
        var tokens = ByteStringTable()
        for token in training.specialTokens { tokens.insert(token) }
        let byteTokens = Self.insertAlphabet(of: words, training.alphabet, into: &tokens)
        var learner = MergeLearner(
            words, byteTokens: byteTokens, tokenLengths: (0..<tokens.count).map { tokens.length(at: $0) },
            lengthLimit: training.tokenLengthLimit)
        var merges: [(left: UInt32, right: UInt32)] = []
        while tokens.count < training.vocabularySize,
            let pair = learner.next(minimumCount: training.minimumFrequency)
        {
            merges.append((UInt32(pair.pair >> 32), UInt32(truncatingIfNeeded: pair.pair)))
            // Where merging forms the text of a token that there is, as a special one, it is that token.
            let spelling = [merges[merges.count - 1].left, merges[merges.count - 1].right]
                .flatMap { tokens.string(at: Int($0)) }
            let token = spelling.withUnsafeBufferPointer { tokens.insert($0) }
            learner.merge(pair, into: UInt32(token), length: tokens.length(at: token))
            try progress(tokens.count)
        }
        self.training = training
        self.tokens = tokens
        self.merges = merges
    }

    /// Adds the bytes' tokens in the order of their characters.
    /// - Returns: the id of each byte that has one.
    private static func insertAlphabet(
        of words: WordCounts, _ alphabet: TokenizerTraining.Alphabet, into tokens: inout ByteStringTable
    ) -> [UInt32] {
        var isWanted = [Bool](repeating: alphabet == .all, count: 256)
        if alphabet == .seen {
            for number in words.counts.indices {
                for byte in words.words.string(at: number) { isWanted[Int(byte)] = true }
            }
        }
        var ids = [UInt32](repeating: 0, count: 256)
        let bytes = (UInt8.min...UInt8.max).filter { isWanted[Int($0)] }
            .sorted { ByteAlphabet.characters[Int($0)] < ByteAlphabet.characters[Int($1)] }
        for byte in bytes {
            ids[Int(byte)] = ByteAlphabet.spelling(of: [byte]).withUnsafeBufferPointer {
                UInt32(tokens.insert($0))
            }
        }
        return ids
    }

    /// The tokenizer.
    /// - Parameters:
    ///   - endOfSequence: the special token that ends texts and answers, and fills up rows.
    ///   - chatTemplate: in Jinja.
    /// - Throws: what `ChatTemplate.init` throws.
    public func tokenizer(endOfSequence: String? = nil, chatTemplate: String? = nil) throws -> Tokenizer {
        let roles = endOfSequence.map { [TokenizerConfiguration.Role.endOfSequence: $0, .padding: $0] }
        return try Tokenizer(
            json: json, configuration: TokenizerConfiguration.json(roles ?? [:]), chatTemplate: chatTemplate)
    }

    private var json: Data {
        let spellings = (0..<tokens.count).map { String(decoding: tokens.string(at: $0), as: UTF8.self) }
        return TokenizerFile.json(
            addedTokens: (0..<Set(training.specialTokens).count).map {
                AddedToken(id: $0, content: spellings[$0], isSpecial: true)
            },
            composesText: training.composesText, preTokenizer: training.preTokenizer,
            postProcessor: .null, ignoresMerges: false,
            vocabulary: JSONObject(spellings.enumerated().map { (key: $1, value: .integer($0)) }),
            merges: merges.map { "\(spellings[Int($0.left)]) \(spellings[Int($0.right)])" })
    }
}

extension ByteStringTable {
    /// In characters, each of which stands for a byte.
    fileprivate func length(at index: Int) -> Int {
        string(at: index).count { $0 & 0xC0 != 0x80 }
    }
}
