import Datasets
import JSON
import LanguageModels
import Tokenization

/// An answer that a model wrote.
public struct WrittenAnswer: Equatable, Sendable {
    /// As people read it: without special tokens, and without the text that ended it.
    public let text: String
    /// The stop token included, where there is one.
    public let tokens: [Int]
    /// Of each token, under the distribution it was drawn from.
    public let logProbabilities: [Float]
    public let finish: FinishReason
}

/// From prompts to texts: what sampling, evaluation, rollouts and conversations let a model answer by.
public struct Answerer {
    public let model: LanguageModel
    public let tokenizer: Tokenizer
    public let options: GenerationOptions
    /// Texts that end an answer besides the stop tokens of `options`; an answer is cut before the first of them.
    public let stopTexts: [String]

    public init(
        _ model: LanguageModel, tokenizer: Tokenizer, options: GenerationOptions, stopTexts: [String] = []
    ) {
        self.model = model
        self.tokenizer = tokenizer
        self.options = options
        self.stopTexts = stopTexts
    }

    /// An answer to each request, in their order.
    ///
    /// - Parameter onProgress: called now and then with the numbers of answers that have ended and of tokens written; what it
    ///   throws ends the work.
    /// - Throws: `GenerationError` before anything is written.
    public func answers(
        to requests: [GenerationRequest],
        onProgress: (_ ended: Int, _ tokens: Int) throws -> Void = { _, _ in }
    ) throws -> [WrittenAnswer] {
        guard !requests.isEmpty else { return [] }
        return try model.withPackedWeights {
            let batch = try begin(requests)
            while !batch.isFinished {
                try batch.advance()
                try onProgress(batch.endedCount, batch.tokenCount)
            }
            return requests.indices.map(batch.answer)
        }
    }

    /// The same step by step, for a caller who has other things to do in between, or who shows answers as they are written.
    ///
    /// - Throws: `GenerationError` before anything is written.
    public func begin(_ requests: [GenerationRequest]) throws -> AnswerBatch {
        AnswerBatch(try model.startGenerating(requests, options: options), self, count: requests.count)
    }
}

/// Answers while they are written.
public final class AnswerBatch {
    private let batch: ContinuousBatch
    private let tokenizer: Tokenizer
    private let stopTexts: [String]
    /// Of each answer, what turns its tokens into text piece by piece.
    private var decoders: [StreamingDecoder]
    /// What stop texts are looked for in.
    private var texts: [String]
    public private(set) var endedCount = 0
    public private(set) var tokenCount = 0

    fileprivate init(_ batch: ContinuousBatch, _ answerer: Answerer, count: Int) {
        self.batch = batch
        tokenizer = answerer.tokenizer
        stopTexts = answerer.stopTexts
        decoders = (0..<count).map { [tokenizer] _ in tokenizer.makeStreamingDecoder() }
        texts = Array(repeating: "", count: count)
    }

    public var isFinished: Bool { batch.isFinished }

    /// Writes about a token more of every answer.
    ///
    /// - Returns: the positions of answers that have ended.
    @discardableResult
    public func advance() throws -> [Int] { try advance(readsAlong: !stopTexts.isEmpty) { _, _ in } }

    /// The same for somebody who reads along.
    ///
    /// - Parameter onText: called with more text of the answer at a position.
    @discardableResult
    public func advance(onText: (_ answer: Int, _ piece: String) -> Void) throws -> [Int] {
        let ended = try advance(readsAlong: true, onText)
        for index in ended {
            let rest = decoders[index].finish()
            if !rest.isEmpty { onText(index, rest) }
        }
        return ended
    }

    private func advance(readsAlong: Bool, _ onText: (Int, String) -> Void) throws -> [Int] {
        let ended = try batch.advance { index, token in
            tokenCount += 1
            guard readsAlong else { return true }
            let piece = decoders[index].append(token)
            if !piece.isEmpty { onText(index, piece) }
            guard !stopTexts.isEmpty else { return true }
            texts[index] += piece
            return !stopTexts.contains { texts[index].contains($0) }
        }
        endedCount += ended.count
        return ended
    }

    /// The answer at a position, as far as it has come.
    public func answer(_ index: Int) -> WrittenAnswer {
        let written = batch.answers[index]
        let text = tokenizer.decode(written.tokens, skippingSpecialTokens: true)
        let end = stopTexts.compactMap { text.firstRange(of: $0)?.lowerBound }.min() ?? text.endIndex
        return WrittenAnswer(
            text: String(text[..<end]), tokens: written.tokens, logProbabilities: written.logProbabilities,
            finish: written.finish)
    }
}

extension SamplerConfiguration {
    /// How a model is to write so.
    public func options(stopTokens: Set<Int>, seed: UInt64, slots: Int = 32) -> GenerationOptions {
        GenerationOptions(
            sampling: parameters, maximumNewTokens: maximumNewTokens, stopTokens: stopTokens, seed: seed,
            slots: slots)
    }
}

extension FinishReason {
    /// As rows keep it: an answer that a stop text ended has stopped.
    public var recorded: Response.Finish { self == .length ? .length : .stop }
}

extension Response {
    /// A written answer as a row keeps it, with its tokens and their log-probabilities.
    public init(_ answer: WrittenAnswer) {
        self.init(
            text: answer.text, finish: answer.finish.recorded,
            extra: [
                "tokens": .array(answer.tokens.map { .integer($0) }),
                "logprobs": .array(answer.logProbabilities.map { .number(Double($0)) }),
            ])
    }
}
