import ArgumentParser
import Methods
import Training
import Verbs

extension KLEstimator: ExpressibleByArgument {}

/// Prompts and a reward model to a policy.
struct PPOCommand: VerbCommand {
    static let verb = Verb.ppo
    static let configuration = CommandConfiguration(
        commandName: "ppo",
        abstract: "Train a policy on the scores of a reward model or of other rewards.",
        discussion: """
            The policy answers prompts, a reward model (or rewards by name, as in grpo) scores the answers, and each token \
            pays for its distance from the reference.

            EXAMPLE:
              heed ppo --model smollm2-135m-instruct --reward-model runs/reward/final \\
                --prompts prompts.jsonl --lora-rank 16 --learning-rate 5e-5 \\
                --max-steps 20 --output runs/ppo

            With --replay the answers are not sampled but read: from the samples.jsonl of a run, from what 'heed sample' \
            wrote, or from another engine. Without a reward their recorded scores are learned.

            EXAMPLE:
              heed ppo --model smollm2-135m-instruct --reward-model runs/reward/final \\
                --replay runs/ppo/samples.jsonl --lora-rank 16 --learning-rate 5e-5 \\
                --max-steps 20 --output runs/replayed
            """)

    @OptionGroup var source: ConfigurationOptions

    @OptionGroup var rewards: RewardOptions
    @OptionGroup var rollouts: RolloutSourceOptions

    @Option(
        help: ArgumentHelp("The reference policy. (default: the model before training)", valueName: "model"))
    var reference: String?

    @OptionGroup(title: "PPO") var method: PPOOptions
    @OptionGroup(title: "WATCHING") var watching: WatchOptions
    @OptionGroup(title: "TRAINING") var training: TrainingOptions<PPO>
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}

/// Settings of the method.
struct PPOOptions: SettingOptions {
    @Option(help: "Responses sampled and learned from in one step. (default: 64)")
    var rolloutBatch: Int?

    @Option(help: "Passes over one batch of responses. (default: 4)")
    var ppoEpochs: Int?

    @Option(help: "Optimizer steps of one pass. (default: 1)")
    var minibatches: Int?

    @Option(help: "Weight of the KL penalty. (default: 0.05)")
    var klCoefficient: Double?

    @Option(help: "k1, k2 or k3. (default: k1)")
    var klEstimator: KLEstimator?

    @Option(help: "Nats per response that the weight is steered to. (default: the weight is fixed)")
    var targetKl: Double?

    @Option(help: "(default: 0.2)")
    var clipRange: Double?

    @Option(help: "(default: 0.2)")
    var valueClipRange: Double?

    @Option(help: "Weight of the value loss. (default: 0.1)")
    var valueCoefficient: Double?

    @Option(help: "Discount. (default: 1)")
    var gamma: Double?

    @Option(help: "Of generalised advantage estimation. (default: 0.95)")
    var lambda: Double?

    @Option(help: "Divides the logits. (default: 0.7)")
    var temperature: Double?

    @Option(help: "Tokens of a response. (default: 53)")
    var maxNewTokens: Int?

    @Option(help: "Subtracted from the score of a response that did not end. (default: 1)")
    var missingEosPenalty: Double?

    @Flag(inversion: .prefixedNo, help: "Scale rewards to unit variance. (default: --no-whiten-rewards)")
    var whitenRewards: Bool?
}
