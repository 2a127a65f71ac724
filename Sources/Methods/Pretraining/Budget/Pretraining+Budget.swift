import Foundation
import Runs
import Settings
import Training

extension Pretraining {
    /// Settles what follows from the time that a run may take. A run that is resumed stays with what was settled.
    static func settle(
        _ settings: inout TrainingSettings<Pretraining>, _ context: inout RunContext,
        within budget: TimeBudget
    ) throws {
        let began = ContinuousClock.now
        let plan =
            try keptPlan(context) ?? BudgetTrials(settings, budget, began: began, context: context).plan()
        plan.lines.forEach(context.progress.note)
        let opening = context.onOpening
        context.onOpening = { folder in
            try opening(folder)
            try plan.write(to: folder.url)
        }
        settings.method.preset = plan.trials[plan.chosen].preset ?? settings.method.preset
        settings.training.maximumSteps = plan.steps
        if !settings.asksForEvaluations, let interval = plan.evaluateEvery {
            settings.training.evaluateEvery = interval
        }
        settings.training.batchSize = min(plan.rowsPerStep, BudgetPlan.passRows)
        settings.training.gradientAccumulationSteps = plan.rowsPerStep / settings.training.batchSize
    }

    /// - Throws: `RunError` where the output is taken: better now than after some minutes of trials.
    private static func keptPlan(_ context: RunContext) throws -> BudgetPlan? {
        let output = try context.output()
        switch context.mode {
        case .resume: return try BudgetPlan.kept(in: output)
        case .force: return nil
        case .new:
            let manifest = try? RunManifest(contentsOf: output.appendingPathComponent("run.json"))
            if let manifest, manifest.lastStep > 0 { throw RunError.alreadyExists(output, manifest) }
            return nil
        }
    }
}

extension TrainingSettings<Pretraining> {
    /// Whether it is set how often to evaluate.
    var asksForEvaluations: Bool {
        training.evaluateEvery != Pretraining.trainingDefaults.evaluateEvery
    }

    /// Rows of a step, where they were set.
    var givenRowsPerStep: Int? {
        let rows = training.batchSize * training.gradientAccumulationSteps
        return method.rowsPerStep ?? (rows == Pretraining.trainingDefaults.batchSize ? nil : rows)
    }
}
