import Datasets
import Foundation
import LanguageModels
import Runs
import Torch

/// What a method that learns from a fixed set of rows must provide: the loss of some of them.
public protocol RowObjective<Row> {
    associatedtype Row
    /// What one micro-batch adds to the loss of its window, and what it measures.
    ///
    /// The losses of a window's micro-batches add up to the loss of the step.
    /// - Throws: what is wrong with what it reads besides the rows.
    func measure(_ batch: [Row], in window: [[Row]]) throws -> MeasuredLoss
    /// What the model says of rows that it does not learn from.
    func measureHeldOut(_ batch: [Row]) throws -> MeasuredLoss
    /// Adds what follows from an evaluation's means over all rows, by names that begin with `eval_`.
    func complete(_ evaluation: Metrics) -> Metrics
    /// What the model writes now, for people to read; called after every evaluation that is due.
    func writeSamples() throws -> [WrittenSample]
    /// Called before the micro-batches of a window are measured.
    func begin(_ window: [[Row]])
    /// Called after an optimizer step, with its number.
    func end(step: Int)
    /// What learns besides the model.
    var parameters: [NamedTensor] { get }
    /// Writes what learns besides the model beside it.
    func saveLearned(to folder: URL) throws
    func restoreLearned(from folder: URL) throws
    /// Writes what a resumed run needs besides model and optimizer.
    func saveState(to folder: URL) throws
    func restoreState(from folder: URL) throws
}

extension RowObjective {
    public func measureHeldOut(_ batch: [Row]) throws -> MeasuredLoss {
        begin([batch])
        return try measure(batch, in: [batch])
    }
    public func complete(_ evaluation: Metrics) -> Metrics { evaluation }
    public func writeSamples() -> [WrittenSample] { [] }
    public func begin(_ window: [[Row]]) {}
    public func end(step: Int) {}
    public var parameters: [NamedTensor] { [] }
    public func saveLearned(to folder: URL) {}
    public func restoreLearned(from folder: URL) {}
    public func saveState(to folder: URL) {}
    public func restoreState(from folder: URL) {}
}

/// A loss with its graph, and numbers for the log.
public struct MeasuredLoss {
    /// A scalar.
    public let loss: Tensor
    public var metrics: Metrics
    /// Tokens that went through the model.
    public let tokenCount: Int
    /// What loss and metrics are means over: counted tokens; nil for the rows.
    public let weight: Int?

    public init(loss: Tensor, metrics: Metrics, tokenCount: Int, weight: Int? = nil) {
        self.loss = loss
        self.metrics = metrics
        self.tokenCount = tokenCount
        self.weight = weight
    }
}

/// Dropout while training, drawn anew for every step from the step's number, so that a resumed run draws the same.
public struct TrainingDropout {
    /// Of the adapters' inputs.
    let ofAdapters: Double
    /// Of what every layer adds, see `DecoderModel.setDropout`.
    let ofLayers: Double
    let seeds: SeedSequence
    let device: Device

    public init(ofAdapters: Double = 0, ofLayers: Double = 0, seeds: SeedSequence, device: Device) {
        self.ofAdapters = ofAdapters
        self.ofLayers = ofLayers
        self.seeds = seeds
        self.device = device
    }

    func generator(ofStep step: Int) -> Generator {
        Generator(seed: seeds.derived("dropout \(step)").value, on: device)
    }
}

/// Trains a model on prepared rows by any objective: windows of micro-batches, one optimizer step each.
public final class RowTrainer<Row>: Trainer {
    public let learner: Learner
    private let model: DecoderModel
    private let rows: any RowSource<Row>
    private let evaluationRows: [Row]
    private let evaluationBatchSize: Int
    private let objective: any RowObjective<Row>
    private let dropout: TrainingDropout?

    public init(
        model: DecoderModel, rows: any RowSource<Row>, evaluationRows: [Row] = [],
        evaluationBatchSize: Int = 8,
        learner: Learner, objective: any RowObjective<Row>, dropout: TrainingDropout? = nil
    ) {
        self.model = model
        self.rows = rows
        self.evaluationRows = evaluationRows
        self.evaluationBatchSize = evaluationBatchSize
        self.learner = learner
        self.objective = objective
        self.dropout = dropout
    }

    public func step() throws -> Metrics {
        let window = try rows.nextWindow()
        objective.begin(window)
        var (loss, parts) = (0.0, [Metrics]())
        try withDropout {
            for batch in window {
                let measurement = try MeasuredLoss.withRouterLoss(
                    of: model, share: 1 / Double(window.count)
                ) {
                    try objective.measure(batch, in: window)
                }
                measurement.loss.backward()
                learner.tokensSeen += measurement.tokenCount
                loss += measurement.loss.item()
                parts.append(measurement.metrics)
            }
        }
        let metrics = try learner.update(loss: loss, Metrics.mean(of: parts))
        objective.end(step: stepsDone)
        return metrics
    }

    private func withDropout(_ body: () throws -> Void) rethrows {
        guard let dropout else { return try body() }
        model.setDropout(
            ofAdapters: dropout.ofAdapters, ofLayers: dropout.ofLayers,
            using: dropout.generator(ofStep: stepsDone))
        defer { model.setDropout() }
        try body()
    }

    /// The seconds that passes over some rows take, forward and backward, the first pass left out; nothing is learned.
    func secondsOfPass(over batch: [Row]) throws -> Double {
        var shortest = Double.infinity
        for pass in 0..<3 {
            let began = ContinuousClock.now
            try withDropout {
                let measured = try objective.measure(batch, in: [batch])
                measured.loss.backward()
                _ = measured.loss.item()
            }
            if pass > 0 { shortest = min(shortest, (ContinuousClock.now - began) / .seconds(1)) }
        }
        learner.clearGradients()
        return shortest
    }

    /// The same numbers on the evaluation rows, without learning: means over all that have them, whatever the batch size.
    public func evaluate() throws -> Metrics? {
        guard !evaluationRows.isEmpty else { return nil }
        var (sums, weights) = (Metrics(), Metrics())
        for batch in evaluationRows.chunked(evaluationBatchSize).map(Array.init) {
            let (metrics, weight) = try heldOut(batch)
            for entry in metrics.entries {
                sums[entry.name] = (sums[entry.name] ?? 0) + entry.value * weight
                weights[entry.name] = (weights[entry.name] ?? 0) + weight
            }
        }
        var result = Metrics()
        for entry in sums.entries { result[entry.name] = entry.value / (weights[entry.name] ?? 1) }
        return objective.complete(result)
    }

    /// What some evaluation rows say now, by the names that evaluations have, and how much that weighs in their means.
    private func heldOut(_ batch: [Row]) throws -> (metrics: Metrics, weight: Double) {
        let measurement = try withoutGradients { try objective.measureHeldOut(batch) }
        var metrics = Metrics()
        for entry in measurement.metrics.following(Metrics(["loss": measurement.loss.item()])).entries {
            metrics[ModelSelection.prefix + entry.name] = entry.value
        }
        return (metrics, Double(measurement.weight ?? batch.count))
    }

    /// That evaluations will have the metric by which the best model is chosen. As many of their rows are measured as it takes
    /// to find it, most often one batch.
    ///
    /// - Throws: `InvalidSetting`.
    func check(_ selection: ModelSelection) throws {
        guard selection.isOn, selection.metricName != ModelSelection.prefix + "loss" else { return }
        var found = Metrics()
        for batch in evaluationRows.chunked(evaluationBatchSize).map(Array.init) {
            found = objective.complete(try heldOut(batch).metrics.following(found))
            if found[selection.metricName] != nil { return }
        }
        throw selection.unknownMetric(in: found)
    }

    public func writeSamples() throws -> [WrittenSample] { try objective.writeSamples() }

    public var samples: [Rollout] { rows.samples }
    public var lastRows: [Int] { rows.lastRows }
    public var datasetCursor: BatchOrder.Cursor { rows.cursor }
    public var epochsDone: Double { rows.epochsDone }
    public func restore(_ cursor: BatchOrder.Cursor) throws -> Bool { try rows.restore(cursor) }
    public func saveState(to folder: URL) throws { try objective.saveState(to: folder) }
    public func restoreState(from folder: URL) throws { try objective.restoreState(from: folder) }

    public func saveModel(to folder: URL) throws {
        try model.saveTrained(to: folder)
        try objective.saveLearned(to: folder)
    }

    public func restoreModel(from folder: URL) throws {
        try model.restoreTrained(from: folder)
        try objective.restoreLearned(from: folder)
    }
}
