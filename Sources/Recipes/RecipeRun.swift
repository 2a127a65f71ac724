import Errors
import Evaluation
import Files
import Foundation
import Runs
import Training
import Verbs

/// Runs the stages of a recipe that are not done yet, each from where it was left.
public struct RecipeRun {
    private struct Step {
        let stage: Recipe.Stage
        let number: Int
        let fingerprint: Fingerprint
    }

    private let recipe: Recipe
    private let steps: [Step]
    private let records: StageRecords
    private let command: String
    private let progress: ProgressDisplay
    private let started = ContinuousClock.now

    /// - Parameter command: what to type to run it again.
    /// - Throws: what is not set or wrong with an input of a stage, or `FileError.inUse` where another process runs the recipe.
    public init(_ recipe: Recipe, command: String, progress: ProgressDisplay) throws {
        try Self.checkNothingIsMissing(in: recipe)
        self.recipe = recipe
        self.command = command
        self.progress = progress
        var fingerprints: [String: Fingerprint] = [:]
        steps = try recipe.stages.enumerated().map { index, stage in
            let fingerprint = try Fingerprint(
                of: stage, in: recipe,
                dependencies: fingerprints.filter { stage.dependencies.contains($0.key) })
            fingerprints[stage.name] = fingerprint
            return Step(stage: stage, number: index + 1, fingerprint: fingerprint)
        }
        records = try StageRecords(in: recipe.output)
    }

    /// A stage that would miss something after hours says so before the first one runs.
    private static func checkNothingIsMissing(in recipe: Recipe) throws {
        var mistakes = Mistakes()
        for stage in recipe.stages {
            for setting in stage.prepared.missing {
                mistakes.add(StageFailure(stage: stage.name, cause: setting))
            }
        }
        try mistakes.check()
    }

    /// - Parameters:
    ///   - later: how many stages of which likeness are to come in another run, for the estimate of the time to go.
    ///   - onFailure: called with what failed; stages that need it are left out, and fail for that reason. Nil: the first
    ///     failure ends the run.
    /// - Throws: `Interrupted` where the user asked to stop, ``StageFailure`` where a stage failed. What is done
    ///   stays done.
    public func run(
        later: [String: Int] = [:], onFailure: ((StageFailure) -> Void)? = nil
    ) throws -> RecipeResult {
        var clock = RecipeClock(recipe, later: later) { records[$0]?.seconds }
        var results: [RecipeResult.Stage] = []
        var failed: Set<String> = []
        let needed = neededStages()
        for step in steps {
            let name = step.stage.name
            var former = finishedRecord(of: step)
            if former == nil, !needed.contains(name) {
                // What was made of it is there.
                clock.finish(name, seconds: 0)
                guard let record = records[name] else { continue }
                former = record
            }
            do {
                if let lost = step.stage.dependencies.sorted().first(where: failed.contains) {
                    throw StageFailure(stage: name, cause: StageMissing(stage: lost))
                }
                if let former {
                    progress.report(
                        "stage \(step.number) of \(steps.count): \(step.stage.title): finished before, in "
                            + ProgressText.duration(former.seconds))
                }
                let record = try former ?? run(step, after: results, remaining: clock.remaining)
                clock.finish(name, seconds: record.seconds)
                results.append(RecipeResult.Stage(step.stage, record, finishedBefore: former != nil))
            } catch let failure as StageFailure {
                guard let onFailure else { throw failure }
                clock.finish(name, seconds: 0)
                failed.insert(name)
                onFailure(failure)
            }
        }
        return RecipeResult(recipe: recipe.name, output: recipe.output, seconds: seconds, stages: results)
    }

    /// The stages that have something to do: an intermediate one only where another that reads it has.
    private func neededStages() -> Set<String> {
        var needed: Set<String> = []
        for step in steps.reversed() where finishedRecord(of: step) == nil {
            let readers = steps.filter { $0.stage.dependencies.contains(step.stage.name) }
            if !step.stage.isIntermediate || readers.contains(where: { needed.contains($0.stage.name) }) {
                needed.insert(step.stage.name)
            }
        }
        return needed
    }

    private var seconds: Double { (ContinuousClock.now - started) / .seconds(1) }

    /// The record of a stage that has nothing to do.
    private func finishedRecord(of step: Step) -> StageRecord? {
        guard let record = records[step.stage.name], record.fingerprint == step.fingerprint,
            FileSystem.exists(URL(fileURLWithPath: step.stage.output))
        else { return nil }
        return record
    }

    /// - Parameter remaining: seconds that this stage and those after it will take.
    private func run(
        _ step: Step, after former: [RecipeResult.Stage], remaining: Double?
    ) throws -> StageRecord {
        let stage = step.stage
        let interrupted = Interrupted(
            "in stage \(step.number) of \(steps.count), \(stage.title)",
            remedy: "the same command resumes there")
        try Interruption.check(interrupted)
        progress.beginStage(stage.title, number: step.number, of: steps.count)
        if let remaining {
            progress.report(
                "\(ProgressText.duration(seconds)) so far, about \(ProgressText.duration(remaining)) to go")
        }
        let hasFinished = records[stage.name] != nil
        try records.remove(stage.name)
        let began = seconds
        let isMeasured = Machine.resetPeakMemory()
        let origin = ReportOrigin(
            title: recipe.name, command: command, stage: stage.name,
            stages: former.map {
                Report.Stage(name: $0.name, seconds: $0.seconds, detail: $0.lines.first ?? "")
            })
        stage.prepared.notes.forEach(progress.note)
        let lines: [String]
        do {
            lines = try stage.run(progress, origin, verbs: recipe.verbs, hasFinished: hasFinished)
        } catch {
            throw Interruption.requested ? interrupted : StageFailure(stage: stage.name, cause: error)
        }
        let record = StageRecord(
            verb: stage.verb.name, fingerprint: step.fingerprint, output: stage.output,
            seconds: seconds - began, peakMemory: isMeasured ? Machine.peakMemory : nil, lines: lines)
        try records.write(record, of: stage.name)
        // What the last one says is the result.
        if step.number < steps.count { lines.forEach(progress.report) }
        progress.finishStage()
        return record
    }
}

extension Recipe.Stage {
    /// For headings.
    var title: String { name == verb.name ? name : "\(name) (\(verb.name))" }

    /// Runs the verb: from where it was left if that was the same run, and in the place of what another run left.
    /// Returns what it says at the end.
    ///
    /// - Parameter hasFinished: whether what is there was complete, and has to be made again.
    fileprivate func run(
        _ progress: ProgressDisplay, _ origin: ReportOrigin, verbs: [Verb], hasFinished: Bool
    ) throws -> [String] {
        if verb.output.isFolder, FileSystem.exists(URL(fileURLWithPath: output)) {
            do {
                return try prepared.run(mode: .resume, progress: progress, origin: origin, verbs: verbs).lines
            } catch RunError.alreadyFinished where !hasFinished {
                // Killed after the run's end and before its record.
                return ["finished before, in \(output)"]
            } catch RunError.alreadyFinished, RunError.differs, RunError.malformed, RunError.nothingToResume,
                RunError.damagedCheckpoint,
                TrainingError.unusableCheckpoint
            {
                // Replaced below.
            } catch is OutputExists {
                // A folder of results without a run: killed before the stage's record, or made by another fingerprint.
            }
        }
        return try prepared.run(mode: .force, progress: progress, origin: origin, verbs: verbs).lines
    }
}

/// That a stage was left out, as another one failed that it reads.
struct StageMissing: CategorizedError, CustomStringConvertible {
    let stage: String

    var category: ErrorCategory { .missingInput }

    var description: String { "it needs '\(stage)', which failed" }
}

/// A stage that could not do its work, and why.
public struct StageFailure: CategorizedError, CustomStringConvertible {
    public let stage: String
    public let cause: any Error

    public var category: ErrorCategory { (cause as? any CategorizedError)?.category ?? .ownFault }

    public var description: String { "stage '\(stage)': \(cause)" }
}
