import Datasets
import Files
import Foundation
import JSON
import LanguageModels
import Runs
import Torch

/// Why training ended before its last step.
public enum TrainingError: Error, CustomStringConvertible {
    /// Ended by the user; the checkpoint of `step` is written.
    case interrupted(step: Int, folder: URL)
    /// Something became infinite or not a number; no weight was changed by that step.
    case diverged(step: Int, what: String, rows: [String], checkpoint: URL?)
    case unusableCheckpoint(URL, String)

    public var description: String {
        switch self {
        case .interrupted(let step, let folder):
            return "interrupted after step \(step); go on with --resume --output \(folder.path)"
        case .diverged(let step, let what, let rows, let checkpoint):
            let shown = rows.prefix(4).joined(separator: ", ") + (rows.count > 4 ? ", …" : "")
            let kept =
                checkpoint.map { "the last good checkpoint is \($0.path)" } ?? "no checkpoint was written yet"
            return "step \(step): \(what), learning from \(shown); \(kept): "
                + "try a lower --learning-rate, or look at these rows"
        case .unusableCheckpoint(let url, let why):
            return "\(url.path): this checkpoint cannot be gone on from: \(why); start anew with --force"
        }
    }
}

/// Drives a method to its last step: logs every step, writes checkpoints, stops cleanly when asked to, goes on exactly
/// where a former process was.
final class TrainingRun {
    private let folder: RunFolder
    private let method: any TrainingMethod
    private let configuration: TrainingConfiguration
    private let progress: ProgressDisplay
    /// Where row `index` stands, for messages.
    private let place: (Int) -> String
    private var evaluations = EvaluationRecord()
    private var secondsBefore = 0.0
    private var started = ContinuousClock.now
    private let shownMetrics: [String]

    /// - Parameter shownMetrics: names of the two or three metrics on the progress bar.
    init(
        _ method: any TrainingMethod, folder: RunFolder, configuration: TrainingConfiguration,
        progress: ProgressDisplay, shownMetrics: [String], place: @escaping (Int) -> String
    ) {
        self.method = method
        self.folder = folder
        self.configuration = configuration
        self.progress = progress
        self.shownMetrics = shownMetrics
        self.place = place
    }

    /// Runs all steps that are left and writes `final/`.
    /// - Parameter finishing: adds to the final folder what is not the method's: tokenizer files.
    func run(title: String, finishing: (URL) throws -> Void) throws {
        if let checkpoint = folder.resumedCheckpoint { try restore(checkpoint) }
        do {
            try steps(title: title)
            try returnToBest()
            try folder.writeFinal { url in
                try method.saveModel(to: url)
                try finishing(url)
            }
            try folder.finish(.finished)
        } catch let error as TrainingError {
            if case .interrupted = error {
                try folder.finish(.interrupted)
            } else {
                try folder.finish(.failed(reason: error.description))
            }
            throw error
        }
    }

    private func steps(title: String) throws {
        let tokensBefore = method.learner.tokensSeen
        let bar = progress.begin(title, total: method.totalSteps, alreadyDone: method.stepsDone)
        started = .now
        while !hasEnded {
            var metrics = try step()
            let number = method.stepsDone
            var isBest = false
            if isDue(number, every: evaluationInterval), let evaluation = try method.evaluate() {
                metrics = evaluation.following(metrics)
                isBest = try isOn && evaluations.record(evaluation, step: number, configuration.selection)
            }
            try log(metrics, step: number)
            bar.update(
                number, tokens: method.learner.tokensSeen - tokensBefore,
                metrics: shownMetrics.compactMap { name in metrics[name].map { .init(name, $0) } })
            if Interruption.requested && !hasEnded {
                try checkpoint(number)
                throw TrainingError.interrupted(step: number, folder: folder.url)
            }
            let isWanted = isDue(number, every: configuration.checkpointEvery) || hasEnded
            if isWanted || isBest && configuration.selection.keepsBest { try checkpoint(number) }
        }
        bar.finish()
    }

    private var isOn: Bool { configuration.selection.isOn }

    /// At the last step, or where evaluations have stopped getting better.
    private var hasEnded: Bool {
        method.stepsDone >= method.totalSteps || evaluations.hasEnded(configuration.selection)
    }

    /// Takes the best model back where it is wanted, from the checkpoint that was written when it was met.
    private func returnToBest() throws {
        if method.stepsDone < method.totalSteps {
            progress.note(
                "ended after step \(method.stepsDone): \(configuration.selection.metricName) no better")
        }
        guard configuration.selection.keepsBest, let best = evaluations.bestStep else { return }
        progress.note("the best \(configuration.selection.metricName) was after step \(best)")
        guard best != method.stepsDone, let checkpoint = try folder.checkpoint(ofStep: best) else { return }
        try method.restoreModel(from: checkpoint.url)
    }

    private func step() throws -> Metrics {
        do {
            return try catchingErrors { try method.step() }
        } catch let error as Learner.NotFinite {
            throw TrainingError.diverged(
                step: method.stepsDone + 1, what: error.what, rows: method.lastRows.map(place),
                checkpoint: try folder.latestCheckpoint()?.url)
        }
    }

    private func isDue(_ step: Int, every interval: Int) -> Bool {
        interval > 0 && (step % interval == 0 || step == method.totalSteps)
    }

    /// Steps between evaluations: as set, or once an epoch.
    private var evaluationInterval: Int {
        configuration.evaluateEvery ?? max(1, Int(Double(method.totalSteps) / max(1, configuration.epochs)))
    }

    private func log(_ metrics: Metrics, step: Int) throws {
        try folder.metrics.append(
            MetricsRecord(
                step: step, epoch: method.epochsDone, tokens: method.learner.tokensSeen, seconds: seconds,
                metrics: metrics.entries.map { .init($0.name, $0.value) }))
        for sample in method.samples { try folder.samples.append(step: step, sample.members) }
    }

    private var seconds: Double { secondsBefore + (ContinuousClock.now - started) / .seconds(1) }

    // MARK: Checkpoints

    private func checkpoint(_ step: Int) throws {
        let kept = configuration.selection.keepsBest ? evaluations.bestStep : nil
        try folder.writeCheckpoint(step: step, keepingLast: configuration.keepCheckpoints, and: kept) { url in
            try TrainingCheckpoint.write(method, seconds: seconds, evaluations: evaluations, to: url)
        }
    }

    private func restore(_ checkpoint: RunFolder.Checkpoint) throws {
        (secondsBefore, evaluations) = try TrainingCheckpoint.restore(method, from: checkpoint.url)
        progress.note("going on after step \(checkpoint.step) of \(method.totalSteps)")
    }
}

extension Rollout {
    /// The row in `samples.jsonl`: what `sample` writes, with the score. A run can be replayed from such rows.
    var members: JSONObject {
        let response: JSONValue = [
            "text": .string(text),
            "tokens": .array(response.map { .integer($0) }),
            "logprobs": .array(samplingLogProbabilities.map { .number(Double($0)) }),
            "finish": .string(finish.rawValue),
            "score": score.map { .number($0) } ?? .null,
        ]
        return [
            "prompt": prompt.text.json,
            "prompt_ids": .array(prompt.tokens.map { .integer($0) }),
            "responses": [response],
        ]
    }
}
