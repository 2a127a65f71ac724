import Datasets
import Foundation
import LanguageModels
import Models
import Runs
import Settings
import Statistics
import Training

/// Runs of seconds, by which a run of a given time is planned.
struct BudgetTrials {
    private let settings: TrainingSettings<Pretraining>
    private let frame: DocumentFrame
    private let text: PretrainingText
    private let heldOut: HeldOutText?
    private let context: RunContext
    private let budget: TimeBudget
    private let began: ContinuousClock.Instant

    /// Of the budget, for each size.
    private static let share = 0.03
    private static let longest = 30.0
    /// Of what is left, for what is slower later than it was at first.
    private static let reserve = 0.04
    /// Steps that are not measured, as memory is claimed in them.
    private static let warmUp = 2

    /// - Parameter began: when the budget began to be spent.
    init(
        _ settings: TrainingSettings<Pretraining>, _ budget: TimeBudget, began: ContinuousClock.Instant,
        context: RunContext
    ) throws {
        (self.settings, self.budget, self.began, self.context) = (settings, budget, began, context)
        let start = try PretrainingStart(settings, on: context.computation)
        frame = try DocumentFrame(settings.method, tokenizer: start.tokenizer)
        text = try PretrainingText(
            settings, tokenizer: start.tokenizer, frame: frame,
            length: try start.maximumLength(settings.training.maximumLength), context: context)
        heldOut = try HeldOutText(
            settings.training.evaluation, tokenizer: start.tokenizer, frame: frame,
            length: try start.configuration.maximumPositions, progress: context.progress)
    }

    func plan() throws -> BudgetPlan {
        let given =
            settings.training.model != nil || settings.method.preset != nil
            || settings.method.architecture != nil
        let presets: [ModelPreset?] = given ? [nil] : ModelPreset.allCases
        var trials: [BudgetPlan.Trial] = []
        for preset in presets {
            guard let trial = try trial(preset) else { break }
            trials.append(trial)
        }
        let spent = (ContinuousClock.now - began) / .seconds(1)
        let left = (budget.seconds - spent) * (1 - Self.reserve)
        guard
            let plan = BudgetPlan(
                trials, seconds: left, textTokens: text.tokenCount, length: text.parts[0].length,
                rowsPerStep: settings.givenRowsPerStep, evaluations: evaluations)
        else {
            throw InvalidSetting(
                Pretraining.Configuration.CodingKeys.budget.stringValue,
                expected: "time for at least some steps",
                found: budget.description)
        }
        return plan
    }

    /// A pass forward alone takes a third of the time.
    private var evaluations: BudgetPlan.Evaluations {
        guard let heldOut, settings.training.evaluateEvery != .steps(0) else { return .none }
        return BudgetPlan.Evaluations(
            tokens: Double(heldOut.rows.reduce(0) { $0 + $1.tokens.count }) / 3,
            count: settings.training.evaluateEvery.steps(of: 1000).map { 1000 / $0 } ?? 1,
            isGiven: settings.asksForEvaluations)
    }

    /// - Returns: nil for a size of which not even a few steps fit into its share of the time.
    private func trial(_ preset: ModelPreset?) throws -> BudgetPlan.Trial? {
        var settings = settings
        settings.method.preset = preset ?? settings.method.preset
        (settings.training.schedule, settings.training.warmupSteps) = (.constant, 4)
        let training = settings.training
        let start = try PretrainingStart(settings, on: context.computation)
        let model = try start.load(settings.adapters, on: context.computation)
        let trainer = RowTrainer(
            model: model, rows: text.rows(training, context),
            learner: Learner(
                model.trainableParameters, training, totalSteps: .max,
                addsGradients: training.gradientAccumulationSteps > 1, muon: settings.method.optimizer.muon),
            objective: Pretraining.Objective(
                model: model, zLoss: settings.method.zLoss, heldOutTokensPerByte: nil,
                sampler: TextSampler(
                    tokenizer: start.tokenizer, frame: frame, prompts: [], tokenCount: 1, seed: 0)),
            dropout: TrainingDropout(
                ofLayers: settings.method.dropout ?? 0, seeds: context.seeds, device: context.device))
        let seconds = min(Self.longest, budget.seconds * Self.share)
        context.progress.note(
            "trying \(preset?.rawValue ?? "the model") for \(ProgressText.duration(seconds))")
        let started = ContinuousClock.now
        var steps: [(tokens: Int, loss: Double, seconds: Double)] = []
        while steps.count < Self.warmUp + 2 || (ContinuousClock.now - started) / .seconds(1) < seconds {
            let began = ContinuousClock.now
            let loss = try trainer.step()["loss"] ?? 0
            steps.append((trainer.learner.tokensSeen, loss, (ContinuousClock.now - began) / .seconds(1)))
            let elapsed = (ContinuousClock.now - started) / .seconds(1)
            try Interruption.check(.startsOver)
            // A size that is so slow would see nothing of the text.
            if preset != nil, preset != .nano, elapsed > 2 * seconds { return nil }
        }
        let measured = steps.dropFirst(Self.warmUp)
        let tokensPerStep = Double(steps.last?.tokens ?? 0) / Double(steps.count)
        return BudgetPlan.Trial(
            preset: preset, weights: model.weights.reduce(0) { $0 + $1.tensor.count },
            secondsPerToken: Moments(measured.map(\.seconds)).mean / tokensPerStep,
            points: Self.points(
                steps.map { ($0.tokens, $0.loss) }, weights: model.weights.reduce(0) { $0 + $1.tensor.count })
        )
    }

    /// Means over stretches that grow, the first fifth left out: what a model learns first follows no law.
    private static func points(_ steps: [(tokens: Int, loss: Double)], weights: Int) -> [ScalingFit.Point] {
        let settled = Array(steps.dropFirst(steps.count / 5))
        var (points, start, length) = ([ScalingFit.Point](), 0, max(1, settled.count / 10))
        while start < settled.count {
            let stretch = settled[start..<min(start + length, settled.count)]
            points.append(
                ScalingFit.Point(
                    weights: Double(weights), tokens: Moments(stretch.map { Double($0.tokens) }).mean,
                    loss: Moments(stretch.map(\.loss)).mean))
            start += length
            length += max(1, length / 2)
        }
        return points
    }
}
