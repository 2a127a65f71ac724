import Datasets
import Files
import Foundation
import LanguageModels
import Rewards
import Runs
import Torch

/// What one step of learning from responses is given.
public struct RolloutStep {
    /// New responses with everything measured on them; nil where those of an earlier step are learned from again.
    public let rollouts: [Rollout]?
    /// Of `rollouts`.
    public let scores: RewardTable
    /// How many steps came before it.
    public let number: Int
    /// Of everything random in the step.
    public let seeds: SeedSequence
    public let began: ContinuousClock.Instant
    public let learner: Learner
}

/// The user asked to stop, and a step has, between two of its updates. A checkpoint written now continues inside it.
package struct StoppedInsideStep: Error {
    package init() {}
}

/// What a method that learns from sampled responses must provide: how it learns from a batch of them.
public protocol RolloutObjective: AnyObject {
    /// Whether the next step needs new responses.
    var needsRollouts: Bool { get }
    /// Steps that one batch of responses is learned from in.
    var stepsPerBatch: Int { get }
    /// Optimizer updates of one step.
    var updatesPerStep: Int { get }
    /// How many times a batch of responses is learned from.
    var passesPerBatch: Int { get }
    /// Whether several backward passes come before an update.
    var addsGradients: Bool { get }
    /// What learns besides the model.
    var parameters: [NamedTensor] { get }
    /// How groups of responses that teach nothing are replaced; nil: all responses are learned from.
    var dynamicSampling: DynamicSampling? { get }
    /// Whether scores are compared with that of the policy's most probable response to the prompt.
    var comparesWithGreedy: Bool { get }
    /// Measures on new responses what the method needs.
    func measured(_ rollouts: [Rollout], by measurer: RolloutMeasurer) throws -> [Rollout]
    /// Takes a step, and returns what it measured. One of several updates may stop between them.
    func step(_ step: RolloutStep) throws -> Metrics
    /// Responses that a step was learning from when the run stopped inside it; nil where none was.
    var unfinished: [Rollout]? { get }
    /// What some of the last step's responses were worth, token by token, where that is wanted.
    var explained: [ExplainedResponse] { get }
    /// Indices of the rows that the last step learned from, for messages.
    var lastRows: [Int] { get }
    /// Numbers that must survive a restart, by name.
    var extraState: [String: Double] { get set }
    /// Writes what learns besides the model beside it.
    func saveLearned(to folder: URL) throws
    func restoreLearned(from folder: URL) throws
    /// Writes what a resumed run needs besides model and optimizer.
    func saveState(to folder: URL) throws
    func restoreState(from folder: URL) throws
}

extension RolloutObjective {
    public var needsRollouts: Bool { true }
    public var unfinished: [Rollout]? { nil }
    public var explained: [ExplainedResponse] { [] }
    public var stepsPerBatch: Int { 1 }
    public var updatesPerStep: Int { 1 }
    public var passesPerBatch: Int { 1 }
    public var addsGradients: Bool { true }
    public var parameters: [NamedTensor] { [] }
    public var dynamicSampling: DynamicSampling? { nil }
    public var comparesWithGreedy: Bool { false }
    public func measured(_ rollouts: [Rollout], by measurer: RolloutMeasurer) throws -> [Rollout] {
        try measurer.measured(rollouts)
    }
    public var extraState: [String: Double] {
        get { [:] }
        set { precondition(newValue.isEmpty, "this method keeps no state under \(newValue.keys)") }
    }
    public func saveLearned(to folder: URL) {}
    public func restoreLearned(from folder: URL) {}
    public func saveState(to folder: URL) {}
    public func restoreState(from folder: URL) {}
}

/// Trains a policy on responses by any objective: takes them in, has them measured and scored, and learns from them.
public final class RolloutTrainer: Trainer {
    public let model: LanguageModel
    public let learner: Learner
    /// Steps are counted apart from the learner's updates, of which a batch without scores takes fewer.
    public private(set) var stepsDone = 0
    public private(set) var samples: [Rollout] = []
    public private(set) var unscoredResponses = 0
    private let source: any RolloutSource
    private let measurer: RolloutMeasurer
    private let rewards: [WeightedReward]
    private let objective: any RolloutObjective
    private let following: FollowingReference?
    private let seeds: SeedSequence
    private let observer: RolloutObserver?
    private let say: (String) -> Void
    /// Of all steps; nil where every response is learned from.
    private var tally: GroupTally?
    /// What is to be said of how the responses of the step were drawn and what was seen in them.
    private var drawing = Metrics()
    private static let drawingFile = "drawing.json"

    /// - Parameters:
    ///   - rewards: none where the responses bring recorded scores.
    ///   - following: the reference that follows the model; nil: it stays as it is.
    ///   - observer: nil where responses are recorded, which say nothing of the policy.
    ///   - say: takes what should be known at once.
    public init(
        model: LanguageModel, source: any RolloutSource, measurer: RolloutMeasurer, rewards: [WeightedReward],
        learner: Learner, objective: any RolloutObjective, following: FollowingReference? = nil,
        seeds: SeedSequence, observer: RolloutObserver? = nil, say: @escaping (String) -> Void = { _ in }
    ) {
        self.model = model
        self.source = source
        self.measurer = measurer
        self.rewards = rewards
        self.learner = learner
        self.objective = objective
        self.following = following
        self.seeds = seeds
        self.observer = observer
        self.say = say
        tally = objective.dynamicSampling.map { _ in GroupTally() }
    }

    public var totalSteps: Int { learner.totalSteps / objective.updatesPerStep }

    public func step() throws -> Metrics {
        let began = ContinuousClock.now
        let seeds = seeds.derived("step \(stepsDone)")
        var new: ScoredRollouts?
        if let unfinished = objective.unfinished {
            samples = unfinished
        } else {
            drawing = Metrics()
            new = try objective.needsRollouts ? newRollouts(seeds) : nil
            samples = new?.rollouts ?? []
        }
        let metrics = try objective.step(
            RolloutStep(
                rollouts: new?.rollouts, scores: new?.scores ?? RewardTable(columns: []), number: stepsDone,
                seeds: seeds, began: began, learner: learner))
        stepsDone += 1
        following?.update(after: stepsDone)
        return drawing.following(metrics)
    }

    /// Responses that are scored and measured.
    private func newRollouts(_ seeds: SeedSequence) throws -> ScoredRollouts {
        var batch = try scored(source.nextBatch(from: model, seed: seeds.derived("sampling").value))
        if let sampling = objective.dynamicSampling {
            let (kept, tally) = try sampling.filled(batch) { prompts, refill in
                try scored(
                    source.further(prompts, from: model, seed: seeds.derived("refill \(refill)").value))
            }
            batch = kept
            self.tally?.add(tally)
            drawing = tally.metrics
            if tally[.missing] > 0 {
                say("step \(stepsDone + 1): \(tally.shortage)")
            }
        }
        drawing = source.metrics.following(drawing)
        let sampled = batch.rollouts
        batch.rollouts = try objective.measured(sampled, by: measurer)
        if let observer {
            let number = stepsDone / objective.stepsPerBatch
            drawing = try observer.observe(sampled, measured: &batch.rollouts, batch: number).following(
                drawing)
        }
        return batch
    }

    private func scored(_ rollouts: [Rollout]) throws -> ScoredRollouts {
        var batch = ScoredRollouts(rollouts, try table(of: rollouts))
        unscoredResponses += batch.rollouts.count { $0.score == nil }
        source.record(batch)
        guard objective.comparesWithGreedy else { return batch }
        let rows = batch.rows
        let totals = try table(of: source.greedyResponses(toRows: rows, from: model)).totals
        let scoreOfRow = Dictionary(zip(rows, totals)) { first, _ in first }
        for index in batch.rollouts.indices {
            batch.rollouts[index].greedyScore = scoreOfRow[batch.rollouts[index].row] ?? nil
        }
        return batch
    }

    private func table(of rollouts: [Rollout]) throws -> RewardTable {
        try RewardTable(of: rollouts, by: rewards, place: source.place)
    }

    /// What people should know about the run.
    var notes: [String] { [tally?.note].compactMap(\.self) }

    // MARK: Saving

    public var lastRows: [Int] { objective.lastRows }
    public var explained: [ExplainedResponse] { objective.explained }
    public var datasetCursor: BatchOrder.Cursor { source.cursor }
    public var epochsDone: Double { source.epochsDone }
    public func restore(_ cursor: BatchOrder.Cursor) -> Bool { source.restore(cursor) }

    public var extraState: [String: Double] {
        get {
            let counts = ["steps": Double(stepsDone), "unscored": Double(unscoredResponses)]
            return [counts, tally?.named ?? [:]].reduce(objective.extraState) { state, own in
                state.merging(own) { first, _ in first }
            }
        }
        set {
            var others = newValue
            if let steps = others.removeValue(forKey: "steps") { stepsDone = Int(steps) }
            if let unscored = others.removeValue(forKey: "unscored") { unscoredResponses = Int(unscored) }
            if let tally { self.tally = tally.taking(from: &others) }
            objective.extraState = others
        }
    }

    public func saveModel(to folder: URL) throws {
        try model.saveTrained(to: folder)
        try objective.saveLearned(to: folder)
    }

    public func restoreModel(from folder: URL) throws {
        try model.restoreTrained(from: folder)
        try objective.restoreLearned(from: folder)
    }

    public func saveState(to folder: URL) throws {
        try following?.save(to: folder)
        try objective.saveState(to: folder)
        try source.saveState(to: folder)
        guard objective.unfinished != nil else { return }
        try AtomicFile.write(encoding: drawing, to: folder.appendingPathComponent(Self.drawingFile))
    }

    public func restoreState(from folder: URL) throws {
        try following?.restore(from: folder)
        try objective.restoreState(from: folder)
        try source.restoreState(from: folder)
        guard objective.unfinished != nil else { return }
        drawing = try FileSystem.decode(
            Metrics.self, from: folder.appendingPathComponent(Self.drawingFile))
    }
}
