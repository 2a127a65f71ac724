import Dispatch
import Errors
import Foundation
import JSON

/// How a byte-level BPE is learned from text, with the merges and ids of Hugging Face's `tokenizers`.
public struct TokenizerTraining: Sendable {
    /// The bytes that are tokens from the start.
    public enum Alphabet: String, Codable, Sendable, CaseIterable {
        case all
        /// Those of the text; others are dropped when text is encoded.
        case seen
    }

    /// How many tokens there are to be: special tokens, alphabet and one for each merge.
    public var vocabularySize: Int
    /// Pairs that occur less often are not merged.
    public var minimumFrequency = 0
    /// They have the first ids. In the text itself they are not recognised.
    public var specialTokens: [String] = []
    public var alphabet = Alphabet.all
    /// Only tokens of fewer bytes are formed.
    public var tokenLengthLimit: Int?
    /// Whether texts are composed first (Unicode NFC).
    public var composesText = false
    /// Whether every line, with its end, is a text of its own: no word goes across.
    public var isByLine = false
    let preTokenizer: PreTokenizer

    /// - Parameters:
    ///   - preTokenizer: a family's name (`gpt2`, `qwen2`, `llama3`, `smollm2`) or a regular expression.
    ///   - addsPrefixBlank: whether a text that does not begin with a blank gets one; with `gpt2` only.
    /// - Returns: nil for what is no regular expression.
    public init?(vocabularySize: Int, preTokenizer: String, addsPrefixBlank: Bool = false) {
        guard
            let steps = Self.families[preTokenizer]
                ?? PreTokenizer.Step(expression: preTokenizer).map({ [$0] })
        else { return nil }
        self.vocabularySize = vocabularySize
        self.preTokenizer = PreTokenizer(
            steps: steps, prefixBlank: addsPrefixBlank ? .unlessThere : .none)
    }

    /// The pre-tokenizer that was meant by a word which is no name and would be taken for an expression.
    public static func preTokenizer(misspeltAs word: String) -> String? {
        let letters = word.lowercased().filter { $0.isLetter || $0.isNumber }
        guard families[word] == nil, word.allSatisfy({ $0.isLetter || $0.isNumber || "-_".contains($0) })
        else { return nil }
        return nearestName(to: letters, among: families.keys)
    }

    private static let families: [String: [PreTokenizer.Step]] = [
        "gpt2": [.pattern(.gpt2)], "qwen2": [.pattern(.qwen2)], "llama3": [.pattern(.llama3)],
        "smollm2": [.digits(individually: true), .pattern(.gpt2)],
    ]

    /// The last place where a text may be cut in two, so that both parts have the words of the whole; nil where there is
    /// none, and for expressions of which nobody knows.
    public func lastCut(in text: UnsafeBufferPointer<UInt8>) -> Int? {
        if isByLine { return text.lastIndex(of: .newline).map { $0 + 1 } }
        return preTokenizer.lastCut(in: text)
    }
}

/// Part of a text that a tokenizer is learned from.
public struct TrainingText: Sendable {
    /// Valid UTF-8.
    public let bytes: [UInt8]
    /// Whether nothing of its text comes before.
    public let beginsText: Bool

    public init(_ bytes: [UInt8], beginsText: Bool = true) {
        self.bytes = bytes
        self.beginsText = beginsText
    }
}

/// Counts the words of texts, and learns a tokenizer from them.
public final class TokenizerTrainer {
    private let training: TokenizerTraining
    private let normalizer: TextNormalizer
    /// One for each core.
    private var counts: [WordCounts]
    /// Texts that are to be counted, by the core that will.
    private var waiting: [[TrainingText]]
    private var waitingBytes: [Int]

    /// So much work that waiting for the last core costs little.
    private static let bytesPerCore = 4 << 20

    public init(_ training: TokenizerTraining) {
        self.training = training
        normalizer = training.composesText ? .composed : .none
        let coreCount = ProcessInfo.processInfo.activeProcessorCount
        counts = Array(repeating: WordCounts(), count: coreCount)
        waiting = Array(repeating: [], count: coreCount)
        waitingBytes = Array(repeating: 0, count: coreCount)
    }

    public func add(_ text: TrainingText) {
        let core = waitingBytes.indices.min { waitingBytes[$0] < waitingBytes[$1] } ?? 0
        waiting[core].append(text)
        waitingBytes[core] += text.bytes.count
        if waitingBytes[core] >= Self.bytesPerCore, waitingBytes.allSatisfy({ $0 > 0 }) { countWaiting() }
    }

    /// Learns merges from what was added.
    /// - Parameter progress: is called after every merge with the size of the vocabulary; what it throws ends the work.
    public func learn(progress: (Int) throws -> Void = { _ in }) rethrows -> LearnedTokenizer {
        countWaiting()
        var words = counts.removeFirst()
        for other in counts { words.add(other) }
        counts = []
        return try LearnedTokenizer(words, training, progress: progress)
    }

    private func countWaiting() {
        counts.withUnsafeMutableBufferPointer { counts in
            // Each is used by one core alone.
            nonisolated(unsafe) let counts = counts
            let (training, normalizer, waiting) = (training, normalizer, waiting)
            DispatchQueue.concurrentPerform(iterations: counts.count) { core in
                for text in waiting[core] {
                    text.forEachWord(by: training, normalizer) { counts[core].add($0) }
                }
            }
        }
        waiting = waiting.map { _ in [] }
        waitingBytes = waiting.map { _ in 0 }
    }
}

extension TrainingText {
    func forEachWord(by training: TokenizerTraining, _ normalizer: TextNormalizer, _ body: (Bytes) -> Void) {
        var preTokenizer = training.preTokenizer
        if !beginsText, !training.isByLine { preTokenizer.prefixBlank = .none }
        bytes.withUnsafeBufferPointer { bytes in
            var rest = 0..<bytes.count
            while !rest.isEmpty {
                let line = training.isByLine ? bytes[rest].firstIndex(of: .newline) : nil
                let end = line.map { $0 + 1 } ?? rest.upperBound
                normalizer.withNormalized(bytes.slice(rest.lowerBound..<end)) { text in
                    preTokenizer.withPrefixBlank(text, isStart: true) { text, _ in
                        preTokenizer.forEachPiece(of: text) { body(text.slice($0)) }
                    }
                }
                rest = end..<rest.upperBound
            }
        }
    }
}
