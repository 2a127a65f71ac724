// Proximal policy optimisation on a reward (Schulman et al., "Proximal Policy Optimization Algorithms", 2017, equations 7
// and 9; Ziegler et al., "Fine-Tuning Language Models from Human Preferences", 2019; details after Huang et al., "The N+
// Implementation Details of RLHF with PPO", 2024).
//
// A step samples a batch of responses, scores them, and takes a few epochs over them.
//   * The score is added at the response's last token, wherever that is; every token pays β·KL to the reference.
//   * The critic is a scalar head on the policy's own hidden states, zero at the start (Ziegler et al.) or as a former run
//     of PPO left it beside the policy, whose gradients reach the policy's weights through `valueCoefficient`; or a network
//     of its own (Huang et al.). See Critic.swift.
//   * Policy, reference and update all divide logits by the sampling temperature; filters that change the distribution
//     (top-k, top-p, …) are refused, so that ratios are 1 before the first update. The ratio of a recorded response is to
//     the policy that wrote it, by the log-probabilities that were recorded.
//   * Averages are over counted tokens of a whole minibatch: padding does not exist and accumulation changes nothing.
import Foundation
import Models
import Rewards
import Settings
import Training

public enum PPO: TrainingMethod {
    public static let name = "ppo"
    public static let title = "proximal policy optimisation"
    public static let defaultLearningRate = 3e-6
    public static let adapterLearningRate = 3e-5
    public static let defaults = Configuration()
    public static let guide = TrainingGuide(
        "The reward's score should rise while the KL to the reference stays small. The loss says little: "
            + "look at score, KL and length together, for a score that rises with length alone is a shortcut.",
        shown: ["objective/scores", "objective/kl"], lossShouldFall: false,
        curves: [
            .init("Score by the reward", unit: "score", ["objective/scores"]),
            .init("KL to the reference", unit: "nats per response", ["objective/kl"]),
            .init("Length of responses", unit: "tokens", ["completions/mean_length"]),
            .init(
                "Variance that the critic explains", unit: "share", ["critic/vf_explained_var"],
                baseline: 0),
        ])
}

// MARK: - The verb

extension PPO {
    public static func missingData(_ settings: TrainingSettings<PPO>) -> [InvalidSetting] {
        settings.method.rollouts.missing
    }

    public static func inputs(of configuration: Configuration, rewards: RewardCatalogue) -> [SettingInput] {
        rewards.inputs(of: configuration.rewards.selection)
            + .models(configuration.reference, configuration.critic.model)
            + .data(configuration.rollouts.files + configuration.pretraining.files)
    }

    public static func resolve(_ settings: inout TrainingSettings<PPO>) {
        settings.method.critic.resolve(learningRate: settings.training.learningRate)
        settings.method.pretraining.resolve(batchSize: settings.training.batchSize)
    }

    public static func train(_ settings: TrainingSettings<PPO>, context: RunContext) throws -> TrainingResult
    {
        let (training, method) = (settings.training, settings.method)
        try refuseAccumulation(training)
        let rollouts = try RolloutTraining(
            settings, method.rollouts, usual: Configuration().rollouts, rewards: method.rewards.selection,
            demand: .init(responses: method.rolloutBatch), reference: .model(method.reference),
            synchronization: method.synchronization, context: context)
        let steps = rollouts.totalSteps()
        try InvalidSetting.check(
            method.critic.warmup < steps, CriticConfiguration.CodingKeys.warmup,
            expected: "fewer steps than the run's \(steps), or the policy never learns",
            found: method.critic.warmup)
        let source = try CriticSource(settings, policy: rollouts.source, context: context)
        let mix = try PretrainingMix(settings, policy: rollouts.source, context: context)
        return try rollouts.run(extraInputs: source.inputs + method.pretraining.inputs) { model in
            let critic = try source.critic(for: model, updates: steps * method.updatesPerStep)
            if let head = try critic.takeHead(from: rollouts.policyFolder) {
                context.progress.note("the critic starts from \(head.path)")
            }
            return Objective(
                model: model, critic: critic, batchSize: training.batchSize, shuffles: training.shuffle,
                configuration: method, pretraining: mix, pieces: rollouts.pieces)
        }
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
