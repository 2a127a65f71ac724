import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import Tokenization

/// Where a method that learns from responses takes them from: its policy, which writes them now, or a recording.
public protocol RolloutSource: AnyObject {
    /// What the user should know about them.
    var notes: [String] { get }
    /// Batches of one pass over the data.
    var stepsPerEpoch: Int { get }
    /// The responses of the next step, with nothing measured on them yet.
    ///
    /// - Parameters:
    ///   - policy: what is trained; a recording does not ask it.
    ///   - seed: of everything random in them.
    func nextBatch(from policy: LanguageModel, seed: UInt64) throws -> [Rollout]
    /// The responses to so many prompts more, for a step whose own teach too little.
    func further(_ prompts: Int, from policy: LanguageModel, seed: UInt64) throws -> [Rollout]
    /// The policy's most probable response to each of these rows.
    func greedyResponses(toRows rows: [Int], from policy: LanguageModel) throws -> [Rollout]
    /// Takes note of how responses were scored.
    func record(_ batch: ScoredRollouts)
    /// Where the row `index` of a rollout is in its file, for messages.
    func place(ofRow index: Int) -> Place
    /// All prompts, each once, as rewards see them: with an answer of no text.
    var questions: [RewardInput] { get }
    /// What is to be logged of the prompts.
    var metrics: Metrics { get }
    /// Whether the policy writes the responses now.
    var isSampled: Bool { get }
    /// Responses to `count` prompts spread over the data, or to all where there are fewer, as a batch would have them. The
    /// batches do not notice. None where responses are recorded.
    func trial(prompts count: Int, from policy: LanguageModel, seed: UInt64) throws -> [Rollout]
    var cursor: BatchOrder.Cursor { get }
    var epochsDone: Double { get }
    /// Moves to a saved place in the data; false when the data cannot have such a place.
    func restore(_ cursor: BatchOrder.Cursor) -> Bool
    /// Writes what a resumed run needs besides the cursor.
    func saveState(to folder: URL) throws
    func restoreState(from folder: URL) throws
}

extension RolloutSource {
    public var notes: [String] { [] }
    public var isSampled: Bool { true }
    public func trial(prompts count: Int, from policy: LanguageModel, seed: UInt64) throws -> [Rollout] { [] }
    public func further(_ prompts: Int, from policy: LanguageModel, seed: UInt64) throws -> [Rollout] {
        preconditionFailure("a recording has no further prompts")
    }
    public func greedyResponses(toRows rows: [Int], from policy: LanguageModel) throws -> [Rollout] {
        preconditionFailure("a recording has no responses but its own")
    }
    public func record(_ batch: ScoredRollouts) {}
    public var metrics: Metrics { Metrics() }
    public func saveState(to folder: URL) throws {}
    public func restoreState(from folder: URL) throws {}
}

extension PreparedPrompts {
    /// All of them, as rewards see them: with an answer of no text.
    var questions: [RewardInput] { zip(rows, places).map { $0.question(at: $1) } }
}

extension PreparedPrompt {
    /// The prompt as a reward sees it before there is an answer.
    func question(at place: Place) -> RewardInput {
        RewardInput(prompt: text, text: "", isFinished: true, columns: columns, place: place)
    }
}

/// Responses that the policy writes to prompts, drawn from its own distribution without filters. Those to one prompt are
/// side by side.
public final class SampledRollouts: RolloutSource {
    private let prompts: PreparedPrompts
    private let groupSize: Int
    private let promptsPerBatch: Int
    private var order: any PromptOrder
    private let passScore: Double
    private let tokenizer: Tokenizer
    private let temperature: Double
    private let maximumNewTokens: Int
    private let stopTokens: Set<Int>

    /// - Parameters:
    ///   - order: of the prompts.
    ///   - groupSize: responses to each prompt.
    ///   - passScore: the score by the first reward from which a response is right, for an order by pass rates.
    public init(
        prompts: PreparedPrompts, promptsPerBatch: Int, order: any PromptOrder, groupSize: Int = 1,
        passScore: Double = RewardTable.passScore, tokenizer: Tokenizer, temperature: Double,
        maximumNewTokens: Int, stopTokens: Set<Int>
    ) {
        self.prompts = prompts
        self.promptsPerBatch = promptsPerBatch
        self.passScore = passScore
        self.groupSize = groupSize
        self.order = order
        self.tokenizer = tokenizer
        self.temperature = temperature
        self.maximumNewTokens = maximumNewTokens
        self.stopTokens = stopTokens
    }

    public func nextBatch(from policy: LanguageModel, seed: UInt64) throws -> [Rollout] {
        try further(promptsPerBatch, from: policy, seed: seed)
    }

    public func further(_ prompts: Int, from policy: LanguageModel, seed: UInt64) throws -> [Rollout] {
        try groups(ofRows: order.next(prompts), from: policy, seed: seed)
    }

    public func trial(prompts count: Int, from policy: LanguageModel, seed: UInt64) throws -> [Rollout] {
        let (all, count) = (prompts.rows.count, min(count, prompts.rows.count))
        return try groups(ofRows: (0..<count).map { $0 * all / count }, from: policy, seed: seed)
    }

    public func greedyResponses(toRows rows: [Int], from policy: LanguageModel) throws -> [Rollout] {
        try responses(toRows: rows, from: policy, by: .greedy, seed: 0)
    }

    /// A group of responses to each of these prompts.
    private func groups(ofRows rows: [Int], from policy: LanguageModel, seed: UInt64) throws -> [Rollout] {
        try responses(
            toRows: rows.flatMap { Array(repeating: $0, count: groupSize) }, from: policy,
            by: SamplingParameters(temperature: temperature), seed: seed)
    }

    private func responses(
        toRows rows: [Int], from policy: LanguageModel, by sampling: SamplingParameters, seed: UInt64
    ) throws -> [Rollout] {
        let answerer = Answerer(
            policy, tokenizer: tokenizer,
            options: GenerationOptions(
                sampling: sampling, maximumNewTokens: maximumNewTokens, stopTokens: stopTokens, seed: seed))
        let requests = rows.enumerated().map {
            GenerationRequest(prompt: prompts.rows[$0.element].tokens, id: UInt64($0.offset))
        }
        return zip(rows, try answerer.answers(to: requests)).map { row, answer in
            var rollout = Rollout(
                row: row, prompt: prompts.rows[row], response: answer.tokens,
                samplingLogProbabilities: answer.logProbabilities, finish: answer.finish, text: answer.text)
            rollout.temperature = sampling.temperature
            return rollout
        }
    }

    public func record(_ batch: ScoredRollouts) {
        guard var rates = order as? PassRateOrder else { return }
        let passes = batch.scores.passes(at: passScore)
        for group in batch.rollouts.indices.chunked(groupSize) {
            rates.record(Array(passes[group]), ofPrompt: batch.rollouts[group.lowerBound].row)
        }
        order = rates
    }

    public var metrics: Metrics { (order as? PassRateOrder)?.metrics ?? Metrics() }

    public func saveState(to folder: URL) throws { try (order as? PassRateOrder)?.save(to: folder) }

    public func restoreState(from folder: URL) throws {
        guard var rates = order as? PassRateOrder else { return }
        try rates.restore(from: folder)
        order = rates
    }

    public var questions: [RewardInput] { prompts.questions }
    public var stepsPerEpoch: Int { (prompts.rows.count + promptsPerBatch - 1) / promptsPerBatch }
    public func place(ofRow index: Int) -> Place { prompts.places[index] }
    public var cursor: BatchOrder.Cursor { order.cursor }
    public var epochsDone: Double { order.epochsDone }
    public func restore(_ cursor: BatchOrder.Cursor) -> Bool { order.restore(cursor) }
}
