import Datasets
import LanguageModels
import Models
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
    /// Where the row `index` of a rollout is in its file, for messages.
    func place(ofRow index: Int) -> Place
    /// The first prompts, each once, for an audit of the rewards of answers to them.
    func prompts(first count: Int) -> [PreparedPrompt]
    /// Whether the policy writes the responses now.
    var isSampled: Bool { get }
    /// Responses to `count` prompts spread over the data, or to all where there are fewer, as a batch would have them. The
    /// batches do not notice. None where responses are recorded.
    func trial(prompts count: Int, from policy: LanguageModel, seed: UInt64) throws -> [Rollout]
    var cursor: BatchOrder.Cursor { get }
    var epochsDone: Double { get }
    /// Moves to a saved place in the data; false when the data cannot have such a place.
    func restore(_ cursor: BatchOrder.Cursor) -> Bool
}

extension RolloutSource {
    public var notes: [String] { [] }
    public var isSampled: Bool { true }
    public func trial(prompts count: Int, from policy: LanguageModel, seed: UInt64) throws -> [Rollout] { [] }
}

/// Responses that the policy writes to prompts, drawn from its own distribution without filters. Those to one prompt are
/// side by side.
public final class SampledRollouts: RolloutSource {
    private let prompts: PreparedPrompts
    private let groupSize: Int
    private var order: BatchOrder
    private let tokenizer: Tokenizer
    private let temperature: Double
    private let maximumNewTokens: Int
    private let stopTokens: Set<Int>

    /// - Parameters:
    ///   - order: over the prompts.
    ///   - groupSize: responses to each prompt.
    public init(
        prompts: PreparedPrompts, order: BatchOrder, groupSize: Int = 1, tokenizer: Tokenizer,
        temperature: Double, maximumNewTokens: Int, stopTokens: Set<Int>
    ) {
        self.prompts = prompts
        self.groupSize = groupSize
        self.order = order
        self.tokenizer = tokenizer
        self.temperature = temperature
        self.maximumNewTokens = maximumNewTokens
        self.stopTokens = stopTokens
    }

    public func nextBatch(from policy: LanguageModel, seed: UInt64) throws -> [Rollout] {
        try responses(to: order.nextBatch(), from: policy, seed: seed)
    }

    public func trial(prompts count: Int, from policy: LanguageModel, seed: UInt64) throws -> [Rollout] {
        let (all, count) = (prompts.rows.count, min(count, prompts.rows.count))
        return try responses(to: (0..<count).map { $0 * all / count }, from: policy, seed: seed)
    }

    private func responses(to indices: [Int], from policy: LanguageModel, seed: UInt64) throws -> [Rollout] {
        let rows = indices.flatMap { Array(repeating: $0, count: groupSize) }
        let answerer = Answerer(
            policy, tokenizer: tokenizer,
            options: GenerationOptions(
                sampling: SamplingParameters(temperature: temperature), maximumNewTokens: maximumNewTokens,
                stopTokens: stopTokens, seed: seed))
        let requests = rows.enumerated().map {
            GenerationRequest(prompt: prompts.rows[$0.element].tokens, id: UInt64($0.offset))
        }
        return zip(rows, try answerer.answers(to: requests)).map { row, answer in
            var rollout = Rollout(
                row: row, prompt: prompts.rows[row], response: answer.tokens,
                samplingLogProbabilities: answer.logProbabilities, finish: answer.finish, text: answer.text)
            rollout.temperature = temperature
            return rollout
        }
    }

    public var stepsPerEpoch: Int { order.stepsPerEpoch }
    public func place(ofRow index: Int) -> Place { prompts.places[index] }
    public func prompts(first count: Int) -> [PreparedPrompt] { Array(prompts.rows.prefix(count)) }
    public var cursor: BatchOrder.Cursor { order.cursor }
    public var epochsDone: Double { order.epochsDone }
    public func restore(_ cursor: BatchOrder.Cursor) -> Bool { order.restore(cursor) }
}
