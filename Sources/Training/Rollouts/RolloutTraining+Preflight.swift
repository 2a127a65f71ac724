import Foundation
import LanguageModels
import Rewards
import Runs

/// What a look at the answers to some prompts may cost.
private enum Preflight {
    static let prompts = 32
    /// Fewer say nothing.
    static let fewest = 8
    /// Of the answers that the run writes: what nobody asked for must cost little.
    static let share = 0.1
}

extension RolloutTraining {
    /// Prompts to be answered before the first update: 32 where that was asked for or is at most a tenth of the run's answers,
    /// as many as are a tenth of them where these are at least 8, or else none.
    private func preflightPrompts(responses: Int) -> Int {
        switch configuration.watching.preflight {
        case true?: return Preflight.prompts
        case false?: return 0
        case nil:
            let affordable = Int(Preflight.share * Double(responses)) / demand.groupSize
            return affordable < Preflight.fewest ? 0 : min(affordable, Preflight.prompts)
        }
    }

    /// Answers some prompts, tells what they say of the run to come, and keeps it in the run's folder. The run draws other
    /// numbers and does not notice.
    ///
    /// - Parameter steps: of the run.
    /// - Returns: what is wrong, for the report.
    func preflight(
        _ model: LanguageModel, _ objective: any RolloutObjective, _ measurer: RolloutMeasurer,
        _ rewards: [WeightedReward], steps: Int, in folder: RunFolder
    ) throws -> [String] {
        let batches = (steps + objective.stepsPerBatch - 1) / objective.stepsPerBatch
        let responses = batches * demand.responses
        let count = preflightPrompts(responses: responses)
        // A resumed run was looked at before it began.
        guard folder.resumedCheckpoint == nil else {
            return PreflightReport.kept(in: folder.url)?.warnings ?? []
        }
        guard rollouts.isSampled, count > 0 else { return [] }
        let began = ContinuousClock.now
        let answers = try rollouts.trial(
            prompts: count, from: model, seed: context.seeds.derived("preflight").value)
        let sampled = ContinuousClock.now
        _ = try measurer.measured(answers, underReference: false)
        let measured = ContinuousClock.now
        let scores = try RewardTable(of: answers, by: rewards, place: rollouts.place)
        var report = PreflightReport(
            answers.map { $0.rewardInput(at: nil) }, scores, groupSize: demand.groupSize,
            maximumNewTokens: configuration.maximumNewTokens)
        // A backward pass takes as long as two forward; policy and reference read the answers before.
        let reads = 3 * objective.passesPerBatch + (reference == nil ? 1 : 2)
        let seconds =
            ((sampled - began) + (measured - sampled) * reads + (ContinuousClock.now - measured))
            / .seconds(1)
        report.estimate = RunEstimate(
            seconds: seconds / Double(answers.count) * Double(responses),
            bytes: memory(of: model, objective, longest: answers.map(\.prompt.tokens.count).max() ?? 0))
        report.lines.forEach(context.progress.note)
        try report.write(to: folder.url)
        return report.warnings
    }

    /// What is used now, gradients and moments of all that learns, and what a backward pass keeps of the longest answers: the
    /// inputs of every product in every layer, or of recomputation the layers' inputs alone.
    private func memory(of model: LanguageModel, _ objective: any RolloutObjective, longest: Int) -> Int? {
        guard context.device.isCPU, let used = Machine.peakMemory else { return nil }
        let learned = (model.trainableParameters + objective.parameters).reduce(0) { $0 + $1.tensor.count }
        let tokens = training.batchSize * (longest + configuration.maximumNewTokens)
        let shape = model.configuration
        let ofLayer =
            shape.hiddenSize * (training.recomputesActivations ? 1 : 8)
            + shape.feedForwardSize * (training.recomputesActivations ? 0 : 3)
        let width = context.precision == .fp32 ? 4 : 2
        // Two moments and a gradient in fp32.
        return used + learned * 12 + tokens * shape.layerCount * ofLayer * width
    }
}
