import ArgumentParser
import Methods
import Training
import Verbs

extension KLEstimator: ExpressibleByArgument {}
extension PPO.Configuration.KLPlacement: ExpressibleByArgument {}
extension ScoreNormalization.Kind: ExpressibleByArgument {}

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

            The critic is a head on the policy, or a network of its own; --explain shows what every token of some answers \
            was paid. docs/methods/ppo.md says when to use which.

            EXAMPLE:
              heed ppo --model smollm2-135m-instruct --reward-model runs/reward/final \\
                --prompts prompts.jsonl --critic reward-model --critic-warmup 4 \\
                --explain 4 --lora-rank 16 --learning-rate 5e-5 \\
                --max-steps 20 --output runs/critic
            """)

    @OptionGroup var source: ConfigurationOptions

    @OptionGroup var rewards: RewardOptions
    @OptionGroup var rollouts: RolloutSourceOptions

    @Option(
        help: ArgumentHelp("The reference policy. (default: the model before training)", valueName: "model"))
    var reference: String?

    @OptionGroup(title: "PPO") var method: PPOOptions
    @OptionGroup(title: "CRITIC") var critic: CriticOptions
    @OptionGroup(title: "BESIDE THE REWARD") var beside: PPOMixOptions
    @OptionGroup(title: "WATCHING") var watching: WatchOptions
    @OptionGroup(title: "TRAINING") var training: TrainingOptions<PPO>
    @OptionGroup(title: "TRAINING") var layout: PromptOptions
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

    @Option(help: "Where it is paid: among the rewards, or in the loss. (default: reward)")
    var klIn: PPO.Configuration.KLPlacement?

    @Option(help: "Nats per response that the weight is steered to. (default: the weight is fixed)")
    var targetKl: Double?

    @Option(help: "Responses over which it is steered. (default: 10000)")
    var klHorizon: Int?

    @Option(help: "How far from 1 a ratio counts. (default: 0.2)")
    var clipRange: Double?

    @Option(help: "The most that a bad token's ratio counts, such as 3. (default: any)")
    var dualClip: Double?

    @Option(help: "Weight of the mean entropy of a token, which is rewarded. (default: 0)")
    var entropyCoefficient: Double?

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

    @Option(help: "Of scores by all before them: none, scale (by the deviation) or standard. (default: none)")
    var scoreNormalization: ScoreNormalization.Kind?

    @Option(help: "The furthest from 0 that a score counts after that. (default: any)")
    var scoreClip: Double?

    @Flag(inversion: .prefixedNo, help: "Scale rewards to unit variance. (default: --no-whiten-rewards)")
    var whitenRewards: Bool?

    @Option(help: "Explain so many answers of a step token by token: explained.html. (default: 0)")
    var explain: Int?
}

/// What predicts the score still to come.
struct CriticOptions: SettingOptions {
    @Option(
        help: ArgumentHelp(
            "head (on the policy), or a network of its own that begins as: policy, reward-model, or a model. (default: head)",
            valueName: "critic"))
    var critic: String?

    @Option(help: "Of a critic of its own. (default: the policy's)")
    var criticLearningRate: Double?

    @Option(help: "Steps at the start in which only the critic learns. (default: 0)")
    var criticWarmup: Int?

    @Option(help: "(default: 0.2)")
    var valueClipRange: Double?

    @Option(help: "Weight of the value loss of a head. (default: 0.1)")
    var valueCoefficient: Double?
}

/// What else holds the policy.
struct PPOMixOptions: SettingOptions {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Rows, as sft takes them, that are learned beside (PPO-ptx).", valueName: "file"))
    var ptxData: [String] = []

    @Option(help: "Their weight. (default: 0.05)")
    var ptxCoefficient: Double?

    @Option(help: "Rows beside each optimizer step. (default: --batch-size)")
    var ptxBatchSize: Int?

    @Flag(
        inversion: .prefixedNo, help: "Let the reference follow the policy. (default: --no-sync-ref-model)")
    var syncRefModel: Bool?

    @Option(help: "The policy's share in the new reference. (default: 0.6)")
    var refModelMixupAlpha: Double?

    @Option(help: "Steps from one reference to the next. (default: 512)")
    var refModelSyncSteps: Int?
}
