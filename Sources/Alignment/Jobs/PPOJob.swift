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
        try adapters.refuseDropout(verb: "ppo")
        try refuseAccumulation(training)
        let rewardSource =
            method.rollouts.replay != nil && method.rewardModel == nil
            ? nil : try RewardModelSource(method.rewardModel, context: context)
        let job = try RolloutJob(
            verb: "ppo", training, adapters: adapters, method.rollouts,
            demand: .init(responses: method.rolloutBatch, needsScores: method.rewardModel == nil),
            reference: .model(method.reference), inputs: rewardSource?.inputs(role: "reward model") ?? [],
            context: context)
        let rewards = try rewardSource?.load(context: context)
        let valueHead = ValueHead(hiddenSize: job.model.configuration.hiddenSize, device: context.device)
        let steps = training.totalSteps(stepsPerEpoch: job.rollouts.stepsPerEpoch)
        let learner = Learner(
            job.model.trainableParameters + valueHead.parameters, training,
            totalSteps: steps * method.ppoEpochs * method.minibatches)
        let trainer = PPO.Trainer(
            model: job.model, valueHead: valueHead, source: job.rollouts,
            measurer: job.measurer(rewards: rewards), learner: learner, batchSize: training.batchSize,
            configuration: method, seeds: context.seeds)
        return try job.train(
            trainer, title: "proximal policy optimisation",
            shownMetrics: ["objective/scores", "objective/kl"])
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
