import Datasets
import JSON

/// A finished answer as a reward sees it.
public struct RewardInput: Hashable, Sendable {
    /// What was asked.
    public var prompt: Text
    public var text: String
    /// Whether the model ended the answer itself; `false` when the token budget cut it off.
    public var isFinished: Bool
    /// Tokens of the answer, its stop token included; nil where nobody recorded them.
    public var tokenCount: Int?
    /// The further columns of the prompt's row, such as `answer` or `solution`.
    public var columns: JSONObject
    /// The row that it is in, for messages; nil where it comes from no file.
    public var place: Place?

    public init(
        prompt: Text, text: String, isFinished: Bool, tokenCount: Int? = nil, columns: JSONObject = [:],
        place: Place? = nil
    ) {
        self.prompt = prompt
        self.text = text
        self.isFinished = isFinished
        self.tokenCount = tokenCount
        self.columns = columns
        self.place = place
    }
}

/// Gives answers a score: a rule, a program, a reward model. Reinforcement learning maximises it, ``PreferenceJudge`` makes
/// choices from it, evaluation reports it.
public protocol Reward {
    /// The name by which it is chosen on the command line, and by which metrics name it.
    var name: String { get }

    /// Two sentences for the screen and the report: that it is no person, and what it likes.
    var description: String { get }

    /// One score per answer, higher is better, the same for the same answer every time; nil where it cannot be scored, which
    /// is not 0 and leaves it out of everything.
    func scores(of inputs: [RewardInput]) throws -> [Double?]

    /// Whether answers to a prompt can have a score, by what the prompt's row says. Asked before any answer is written, so that
    /// a row that does not fit costs nothing.
    ///
    /// - Parameter question: the prompt and its columns, with an answer of no text.
    /// - Throws: ``RewardError`` naming the row whose columns are missing or of another kind.
    func canScore(answersTo question: RewardInput) throws -> Bool

    /// Whether its scores are the logits of probabilities, as those of a reward model are.
    var isLogit: Bool { get }

    /// What people should know about its scores in this run, and run.json keeps.
    var notes: [String] { get }

    /// Why an answer gets no score, for messages.
    func obstacle(to input: RewardInput) throws -> String
}

extension Reward {
    public func canScore(answersTo question: RewardInput) throws -> Bool { true }

    public var isLogit: Bool { false }

    public var notes: [String] { [] }

    public func obstacle(to input: RewardInput) -> String { "expected an answer that '\(name)' can score" }

    /// The scores, one for each answer.
    ///
    /// - Throws: ``RewardError/scoreNotFinite(reward:score:text:)``, or what the reward throws.
    public func checkedScores(of inputs: [RewardInput]) throws -> [Double?] {
        let scores = try scores(of: inputs)
        precondition(scores.count == inputs.count, "\(inputs.count) answers got \(scores.count) scores")
        for case (let input, let score?) in zip(inputs, scores) where !score.isFinite {
            throw RewardError.scoreNotFinite(
                reward: name, score: score, text: String(input.text.prefix(60)))
        }
        return scores
    }
}
