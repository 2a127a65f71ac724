import ArgumentParser
import Methods
import Training
import Verbs

extension GRPO.Objective.Loss: ExpressibleByArgument {}
extension GRPO.Objective.Importance: ExpressibleByArgument {}
extension AdvantageScale: ExpressibleByArgument {}
extension AdvantageBaseline: ExpressibleByArgument {}

/// Prompts and rewards to a policy, by comparing the answers to each prompt.
struct GRPOCommand: VerbCommand {
    static let verb = Verb.grpo
    static let configuration = CommandConfiguration(
        commandName: "grpo",
        abstract: "Train a policy on rewards, each answer compared to the others to its prompt.",
        discussion: """
            The policy writes several answers to each prompt, the rewards score them, and answers above their group's \
            mean become more likely. A reward is chosen by name (see 'heed help annotate'), or it is a reward \
            model, a program of yours (program:./score.py), or several of them are added up.

            EXAMPLE:
              heed grpo --model smollm2-135m-instruct --reward concise:enough=20 \\
                --prompts prompts.jsonl --group-size 8 --max-new-tokens 64 \\
                --lora-rank 16 --learning-rate 5e-5 --max-steps 20 --output runs/grpo

            With --replay the answers are read instead of sampled; without a reward their recorded scores are learned.

            EXAMPLE:
              heed grpo --model smollm2-135m-instruct --replay runs/grpo/samples.jsonl \\
                --lora-rank 16 --learning-rate 5e-5 --max-steps 20 \\
                --output runs/replayed

            --config sets what has no flag: the page docs/methods/grpo.md lists every key.
            """)

    @OptionGroup var source: ConfigurationOptions

    @OptionGroup var rewards: RewardOptions
    @OptionGroup var rollouts: RolloutSourceOptions

    @Option(
        help: ArgumentHelp(
            "The reference policy, where beta is above 0. (default: the model before training)",
            valueName: "model"))
    var reference: String?

    @OptionGroup(title: "GRPO") var method: GRPOOptions
    @OptionGroup(title: "WATCHING") var watching: WatchOptions
    @OptionGroup(title: "TRAINING") var training: TrainingOptions<GRPO>
    @OptionGroup(title: "TRAINING") var layout: PromptOptions
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}

/// Settings of the method.
struct GRPOOptions: SettingOptions {
    @Option(help: "Answers to each prompt. (default: 8)")
    var groupSize: Int?

    @Option(help: "Answers sampled at once. (default: those of one step)")
    var rolloutBatch: Int?

    @Option(help: "How many times sampled answers are learned from. (default: 1)")
    var numIterations: Int?

    @Option(help: "grpo, dr_grpo, dapo, bnpo, cispo, luspo, sapo, vespo or rloo. (default: dapo)")
    var loss: GRPO.Objective.Loss?

    @Option(
        help: """
            group, others, greedy (the most probable answer) or none: what a score is compared with. \
            (default: group, for rloo others)
            """)
    var baseline: AdvantageBaseline?

    @Option(
        help: """
            group, batch, mean (of the group's scores: MaxRL) or none: what advantages are divided by. \
            (default: group, beside another baseline none)
            """)
    var scaleRewards: AdvantageScale?

    @Flag(
        inversion: .prefixedNo,
        help: "Normalise advantages over the batch in the end. (default: --no-normalize-advantages)")
    var normalizeAdvantages: Bool?

    @Option(help: "token or sequence: what a ratio is of. (default: token)")
    var importance: GRPO.Objective.Importance?

    @Option(help: "Weight of the KL to the reference. (default: 0, for rloo 0.05)")
    var beta: Double?

    @Option(help: "How far a ratio may fall below 1. (default: 0.2)")
    var epsilon: Double?

    @Option(help: "How far it may rise above 1. (default: epsilon)")
    var epsilonHigh: Double?

    @Option(help: "Weight of a bonus for entropy. (default: 0)")
    var entropyCoefficient: Double?

    @Flag(
        inversion: .prefixedNo,
        help: "Let that weight move to hold --entropy-target. (default: --no-adaptive-entropy)")
    var adaptiveEntropy: Bool?

    @Option(help: "Nats a token that the entropy is held at. (default: 0.2)")
    var entropyTarget: Double?

    @Option(
        help: """
            How often in a step groups without a signal are replaced by those of further prompts (dynamic \
            sampling), at most. (default: 0)
            """)
    var refills: Int?

    @Flag(inversion: .prefixedNo, help: "Learn nothing from answers cut off. (default: --no-mask-truncated)")
    var maskTruncated: Bool?

    @Option(help: "Divides the logits. (default: 1)")
    var temperature: Double?

    @Option(help: "Tokens of an answer. (default: 512)")
    var maxNewTokens: Int?
}
