import Datasets
import Errors
import Files
import Foundation
import JSON
import LanguageModels
import Runs
import Torch

/// Why training ended before its last step.
public enum TrainingError: CategorizedError, CustomStringConvertible {
    /// Something became infinite or not a number; no weight was changed by that step.
    case diverged(step: Int, what: String, rows: [String], checkpoint: URL?)
    case unusableCheckpoint(URL, String)

    public var category: ErrorCategory { .badData }

    public var description: String {
        switch self {
        case .diverged(let step, let what, let rows, let checkpoint):
            let shown = rows.prefix(4).joined(separator: ", ") + (rows.count > 4 ? ", …" : "")
            let kept =
                checkpoint.map { "the last good checkpoint is \($0.path)" } ?? "no checkpoint was written yet"
            return "step \(step): \(what), learning from \(shown); \(kept): "
                + "try a lower --learning-rate, or look at these rows"
        case .unusableCheckpoint(let url, let why):
            return "\(url.path): this checkpoint cannot be resumed: \(why); start over with --force"
        }
    }
}

/// Drives a trainer to its last step: logs every step, writes checkpoints, stops cleanly when asked to, resumes exactly
/// where an earlier process was.
final class TrainingRun {
    private let folder: RunFolder
    private let trainer: any Trainer
    private let configuration: TrainingConfiguration
    private let progress: ProgressDisplay
    /// Where row `index` is in its file, for messages.
    private let place: (Int) -> String
    private var evaluations = EvaluationRecord()
    private var secondsBefore = 0.0
    private var started = ContinuousClock.now
    private let guide: TrainingGuide
    private let watch: RunWatch
    /// Every step so far, those of earlier processes included.
    private(set) var records: [MetricsRecord] = []
    /// Steps whose means no line has shown yet.
    private var unprinted: [Metrics] = []
    private let onExplained: (URL) throws -> Void

    /// - Parameters:
    ///   - guide: its curves.
    ///   - watching: what it is watched for.
    ///   - onExplained: called with the run's folder whenever more responses are explained in it.
    init(
        _ trainer: any Trainer, folder: RunFolder, configuration: TrainingConfiguration,
        progress: ProgressDisplay, guide: TrainingGuide, watching: Watching = Watching(),
        place: @escaping (Int) -> String, onExplained: @escaping (URL) throws -> Void = { _ in }
    ) {
        self.onExplained = onExplained
        self.trainer = trainer
        self.folder = folder
        self.configuration = configuration
        self.progress = progress
        self.guide = guide
        self.place = place
        watch = RunWatch(
            watching, totalSteps: trainer.totalSteps, log: folder.alarms, progress: progress)
    }

    /// Runs all steps that are left and writes `final/`.
    ///
    /// - Parameters:
    ///   - finishing: adds to the final folder what is not the trainer's: tokenizer files.
    ///   - summary: what people should know, from the metrics of all steps.
    /// - Returns: the result, whose notes run.json has too.
    func run(
        title: String, dropped: () -> String? = { nil },
        summary: ([MetricsRecord]) -> [String]? = { _ in nil }, finishing: (URL) throws -> Void
    ) throws -> TrainingResult {
        if let checkpoint = folder.resumedCheckpoint { try restore(checkpoint) }
        configuration.remarks(totalSteps: trainer.totalSteps).forEach(progress.note)
        try steps(title: title)
        let ending = try returnToBest()
        ending.forEach(progress.note)
        try folder.writeFinal { url in
            try trainer.saveModel(to: url)
            try finishing(url)
        }
        let notes =
            (summary(records) ?? []) + watch.notes + ending
            + [guide.concern(about: records)].compactMap(\.self)
        try folder.finish(.finished, notes: notes)
        return TrainingResult(
            folder.url, steps: trainer.stepsDone, dropped: dropped(), notes: notes, last: records.last)
    }

    private func steps(title: String) throws {
        let tokensBefore = trainer.learner.tokensSeen
        let bar = progress.begin(title, total: trainer.totalSteps, alreadyDone: trainer.stepsDone)
        started = .now
        while !hasEnded {
            let epochsBefore = trainer.epochsDone
            var metrics = try step()
            let number = trainer.stepsDone
            func isDue(_ interval: StepInterval) -> Bool {
                interval.isDue(
                    after: number, of: trainer.totalSteps, epochsDone: (epochsBefore, trainer.epochsDone))
            }
            var isBest = false
            if isDue(configuration.evaluateEvery), let evaluation = try trainer.evaluate() {
                metrics = evaluation.following(metrics)
                progress.report("evaluation after step \(number): \(guide.told(of: evaluation))")
                isBest = try selection.isOn && evaluations.record(evaluation, step: number, selection)
            }
            try log(metrics, step: number)
            if isDue(configuration.evaluateEvery) { try logWritten(step: number) }
            if let value = watch.standing { isBest = evaluations.record(value, step: number, selection) }
            if isDue(configuration.logEvery) || hasEnded { try logExplained(step: number) }
            unprinted.append(metrics)
            bar.update(
                number, tokens: trainer.learner.tokensSeen - tokensBefore, metrics: guide.shown(of: metrics),
                line: isDue(configuration.logEvery) ? lineOfMeans() : nil)
            if Interruption.requested && !hasEnded {
                try checkpoint(number)
                throw Interrupted("after step \(number)", remedy: "continue with \(folder.resumption)")
            }
            let isWanted = isDue(configuration.checkpointEvery) || hasEnded
            if isWanted || isBest && selection.keepsBest { try checkpoint(number) }
        }
        bar.finish()
    }

    /// What a line shows: means over the steps since the last one.
    private func lineOfMeans() -> [MetricsRecord.Metric] {
        defer { unprinted = [] }
        return guide.shown(of: Metrics.mean(of: unprinted))
    }

    /// Which model is the best: by evaluations, or by what training measured where its distance has a budget.
    private var selection: ModelSelection { watch.selection ?? configuration.selection }

    /// At the last step, where evaluations have stopped getting better, or where the budget is spent.
    private var hasEnded: Bool {
        trainer.stepsDone >= trainer.totalSteps || evaluations.hasEnded(selection) || watch.excess != nil
    }

    /// Takes the best model back where it is wanted, from the checkpoint that was written when it was met.
    /// - Returns: why the run ended before its last step, and what its model is.
    private func returnToBest() throws -> [String] {
        var ending: [String] = []
        let excess = watch.excess
        if let excess {
            ending.append(
                "ended after step \(trainer.stepsDone): the KL is \(nats(excess.distance)) nats a response, the budget "
                    + "\(nats(excess.budget))")
        } else if trainer.stepsDone < trainer.totalSteps {
            ending.append("ended after step \(trainer.stepsDone): \(selection.metricName) no better")
        }
        // A run that stays within its budget ends with its last model.
        guard selection.keepsBest, excess != nil || watch.selection == nil, let best = evaluations.bestStep
        else { return ending }
        let name = excess == nil ? selection.metricName : "\(selection.metric ?? "") within the budget"
        let value = records.last { $0.step == best }?[selection.metricName]
        ending.append(
            "the best \(name)" + (value.map { String(format: ", %.4g,", $0) } ?? "")
                + " was after step \(best)")
        if best != trainer.stepsDone, let checkpoint = try folder.checkpoint(ofStep: best) {
            try trainer.restoreModel(from: checkpoint.url)
        }
        return ending
    }

    private func step() throws -> Metrics {
        do {
            return try catchingErrors { try trainer.step() }
        } catch is StoppedInsideStep {
            try checkpoint(trainer.stepsDone)
            throw Interrupted(
                "inside step \(trainer.stepsDone + 1)", remedy: "continue with \(folder.resumption)")
        } catch let error where error is Learner.NotFinite || error is ModelNotFinite {
            throw TrainingError.diverged(
                step: trainer.stepsDone + 1, what: "\(error)", rows: trainer.lastRows.map(place),
                checkpoint: try folder.latestCheckpoint()?.url)
        }
    }

    private func log(_ metrics: Metrics, step: Int) throws {
        let record = MetricsRecord(
            step: step, epoch: trainer.epochsDone, tokens: trainer.learner.tokensSeen, seconds: seconds,
            metrics: metrics.entries.map { .init($0.name, $0.value) })
        try folder.metrics.append(record)
        records.append(record)
        try watch.observe(record)
        for sample in trainer.samples { try folder.samples.append(step: step, sample.members) }
    }

    private func logWritten(step: Int) throws {
        for sample in try trainer.writeSamples() {
            let line = (sample.prompt + "▸" + sample.text).split(whereSeparator: \.isNewline).joined(
                separator: " ⏎ ")
            progress.note("after step \(step): \(line)")
            try folder.samples.append(
                step: step, ["prompt": .string(sample.prompt), "text": .string(sample.text)])
        }
    }

    private func logExplained(step: Int) throws {
        let responses = trainer.explained
        guard !responses.isEmpty else { return }
        for response in responses {
            try folder.explained.append(step: step, JSONValue(encoding: response).object ?? [:])
        }
        try onExplained(folder.url)
    }

    private var seconds: Double { secondsBefore + (ContinuousClock.now - started) / .seconds(1) }

    // MARK: Checkpoints

    /// The best step so far, where its model is wanted in the end.
    private var keptStep: Int? { selection.keepsBest ? evaluations.bestStep : nil }

    private func checkpoint(_ step: Int) throws {
        try folder.writeCheckpoint(
            step: step, keepingLast: configuration.keepCheckpoints, and: keptStep
        ) { url in
            try TrainingCheckpoint.write(trainer, seconds: seconds, evaluations: evaluations, to: url)
        }
    }

    private func restore(_ checkpoint: RunFolder.Checkpoint) throws {
        (secondsBefore, evaluations) = try TrainingCheckpoint.restore(trainer, from: checkpoint.url)
        guard trainer.stepsDone == checkpoint.step else {
            throw TrainingError.unusableCheckpoint(
                checkpoint.url,
                "by its name it was written after step \(checkpoint.step), by its files after "
                    + "step \(trainer.stepsDone)")
        }
        // One that stopped inside its first step has logged none.
        records = checkpoint.step > 0 ? try MetricsLog.read(MetricsLog.file(in: folder.url)) : []
        watch.resume(after: records)
        try folder.removeCheckpoints(exceptLast: configuration.keepCheckpoints, and: keptStep)
        progress.report("resuming after step \(checkpoint.step) of \(trainer.totalSteps)")
    }
}
