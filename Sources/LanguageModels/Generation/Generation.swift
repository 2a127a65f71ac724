import Torch

/// One answer to be written.
public struct GenerationRequest: Sendable {
    /// Token ids of the prompt.
    public let prompt: [Int]
    /// Names the answer's stream of random numbers: the same seed, id and prompt give the same answer.
    public let id: UInt64

    public init(prompt: [Int], id: UInt64) {
        self.prompt = prompt
        self.id = id
    }
}

/// Why an answer ended.
public enum FinishReason: String, Codable, Sendable {
    /// It wrote a stop token, which is its last token.
    case stop
    /// It used up its tokens.
    case length
    /// The caller ended it.
    case ended
}

/// One answer.
public struct GeneratedSequence: Sendable, Equatable {
    /// Includes the stop token where there is one.
    public var tokens: [Int] = []
    /// Of each token, under the distribution it was drawn from.
    public var logProbabilities: [Float] = []
    public var finish: FinishReason = .length
}

/// Everything that shapes answers besides the prompts.
public struct GenerationOptions: Sendable {
    public var sampling: SamplingParameters
    public var maximumNewTokens: Int
    /// Tokens that end an answer.
    public var stopTokens: Set<Int>
    public var seed: UInt64
    /// How many answers are written side by side.
    public var slots: Int

    public init(
        sampling: SamplingParameters = SamplingParameters(), maximumNewTokens: Int, stopTokens: Set<Int>,
        seed: UInt64, slots: Int = 32
    ) {
        self.sampling = sampling
        self.maximumNewTokens = maximumNewTokens
        self.stopTokens = stopTokens
        self.seed = seed
        self.slots = slots
    }
}

extension LanguageModel {
    /// Writes an answer to every request, many at a time, in the order of the requests.
    ///
    /// When an answer ends, its slot takes the next request at once; answers to the same prompt share its computation.
    /// - Parameter onToken: called with request index and token as they come; false ends that answer.
    /// - Throws: `GenerationError` before anything is generated.
    public func generate(
        _ requests: [GenerationRequest], options: GenerationOptions,
        onToken: (_ request: Int, _ token: Int) throws -> Bool = { _, _ in true }
    ) throws -> [GeneratedSequence] {
        guard !requests.isEmpty else { return [] }
        return try withPackedWeights {
            let batch = try startGenerating(requests, options: options)
            while !batch.isFinished { _ = try batch.advance(onToken: onToken) }
            return batch.answers
        }
    }

    /// The same step by step, for a caller who has other things to do in between. A model whose weights are packed has
    /// one cache: the next batch starts when this one is finished or given up.
    /// - Throws: `GenerationError` before anything is generated.
    public func startGenerating(_ requests: [GenerationRequest], options: GenerationOptions) throws
        -> ContinuousBatch
    {
        try check(requests, options)
        let slots = min(options.slots, requests.count)
        let longest = requests.map(\.prompt.count).max() ?? 0
        let engine = makeEngine(slots: slots, capacity: longest + options.maximumNewTokens)
        return ContinuousBatch(engine, requests: requests, options: options, slots: slots, model: origin)
    }

    private func check(_ requests: [GenerationRequest], _ options: GenerationOptions) throws {
        try options.sampling.validate()
        guard options.maximumNewTokens > 0, options.slots > 0 else {
            throw GenerationError.invalidParameter("the number of new tokens and of slots must be above 0")
        }
        let limit = configuration.contextLength - options.maximumNewTokens
        for (index, request) in requests.enumerated() {
            if request.prompt.isEmpty { throw GenerationError.emptyPrompt(index: index) }
            if request.prompt.count > limit {
                throw GenerationError.promptTooLong(
                    index: index, length: request.prompt.count, limit: max(0, limit))
            }
        }
    }
}
