import Datasets
import Foundation
import LanguageModels
import Tokenization

/// `heed ppo`: from prompts and a reward model to a policy in a run folder.
public enum PPOJob {
    public static func run(
        _ training: TrainingConfiguration, adapters: AdapterTraining, method: PPO.Configuration,
        context: JobContext
    ) throws -> TrainingResult {
        try training.refuseRows(verb: "ppo")
        try refuseAccumulation(training)
        let source = try ModelSource(trainable: training.model, adapters: adapters, context: context)
        let rewardSource =
            method.rollouts.replay != nil && method.rewardModel == nil
            ? nil : try ModelSource(method.rewardModel, role: "reward-model", context: context)
        let reference = try ReferenceSource(
            method.reference, policy: source, adapters: adapters, context: context)
        let rollouts = try method.rollouts.source(
            batchSize: method.rolloutBatch, needsScores: method.rewardModel == nil, for: source, training,
            context: context)
        let folder = try context.openRun(
            inputs: source.inputs(role: "model") + reference.inputs
                + (rewardSource?.inputs(role: "reward model") ?? []) + method.rollouts.inputs)

        let model = try source.loadTrainable(adapters, context: context)
        let rewards = try rewardSource.map {
            RewardModelScorer(model: try $0.loadRewardModel(context: context), tokenizer: $0.tokenizer)
        }
        let valueHead = ValueHead(hiddenSize: model.configuration.hiddenSize, device: context.device)
        let measurer = RolloutMeasurer(
            model: model, reference: try reference.load(), rewards: rewards,
            temperature: method.rollouts.temperature, batchSize: training.batchSize)
        let steps = training.totalSteps(stepsPerEpoch: rollouts.stepsPerEpoch)
        let learner = Learner(
            model.trainableParameters + valueHead.parameters, training,
            totalSteps: steps * method.ppoEpochs * method.minibatches)
        let trainer = PPO.Trainer(
            model: model, valueHead: valueHead, source: rollouts, measurer: measurer, learner: learner,
            batchSize: training.batchSize, configuration: method, seeds: context.seeds)
        let run = TrainingRun(
            trainer, folder: folder, configuration: training, progress: context.progress,
            shownMetrics: ["objective/scores", "objective/kl"],
            place: { rollouts.place(ofRow: $0).description })
        try run.run(title: "proximal policy optimisation") { try source.copyTokenizer(to: $0) }
        return TrainingResult(
            run: folder.url.path, model: folder.url.appendingPathComponent("final").path,
            steps: trainer.stepsDone,
            dropped: nil)
    }

    /// A minibatch accumulates by itself.
    private static func refuseAccumulation(_ training: TrainingConfiguration) throws {
        guard training.gradientAccumulationSteps == 1 else {
            throw InvalidSetting(
                "gradient_accumulation_steps",
                expected: "1: a step takes rollout_batch / minibatches responses, batch_size in one pass",
                found: "\(training.gradientAccumulationSteps)")
        }
    }
}
