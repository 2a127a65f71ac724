import Datasets
import Foundation
import LanguageModels

/// What a training run drives: something that learns one optimizer step at a time and can be saved and resumed.
public protocol Trainer: AnyObject {
    /// The parameters that learn, their optimizer and its schedule.
    var learner: Learner { get }
    /// Steps done and to do; a step is one entry of metrics.jsonl.
    var stepsDone: Int { get }
    var totalSteps: Int { get }
    /// Responses that the last step learned from, as it was given them.
    var samples: [Rollout] { get }
    /// What some of them were worth, token by token, where that is wanted.
    var explained: [ExplainedResponse] { get }
    /// Responses so far that nothing was learned from because they could not be scored.
    var unscoredResponses: Int { get }
    /// Indices of the rows that the last step learned from, for messages.
    var lastRows: [Int] { get }
    /// What the model measures on rows kept for evaluation; nil without such rows.
    func evaluate() throws -> Metrics?
    /// What the model writes now, for people to read.
    func writeSamples() throws -> [WrittenSample]
    /// Where the next step's data begins; with the learner's state, all that a resumed run needs.
    var datasetCursor: BatchOrder.Cursor { get }
    var epochsDone: Double { get }
    /// Trains one optimizer step and returns what it measured.
    func step() throws -> Metrics
    /// Moves to a saved place in the data; false when the data cannot have such a place.
    func restore(_ cursor: BatchOrder.Cursor) throws -> Bool
    /// Writes what is learned in the layout that loads elsewhere: adapters in PEFT's, whole models in Hugging Face's.
    func saveModel(to folder: URL) throws
    func restoreModel(from folder: URL) throws
    /// Further numbers that must survive a restart, by name.
    var extraState: [String: Double] { get set }
    /// Writes what else a resumed run needs, beside the model in a checkpoint.
    func saveState(to folder: URL) throws
    func restoreState(from folder: URL) throws
}

extension Trainer {
    public var stepsDone: Int { learner.stepsDone }
    public var totalSteps: Int { learner.totalSteps }
    public var samples: [Rollout] { [] }
    public var explained: [ExplainedResponse] { [] }
    public var unscoredResponses: Int { 0 }
    public func evaluate() throws -> Metrics? { nil }
    public func writeSamples() throws -> [WrittenSample] { [] }
    public func saveState(to folder: URL) {}
    public func restoreState(from folder: URL) {}

    public var extraState: [String: Double] {
        get { [:] }
        set { precondition(newValue.isEmpty, "this method keeps no state under \(newValue.keys)") }
    }
}

/// A text that a model wrote while it learned.
public struct WrittenSample: Sendable, Equatable {
    /// The beginning that it was given.
    public let prompt: String
    public let text: String

    public init(prompt: String, text: String) {
        self.prompt = prompt
        self.text = text
    }
}
