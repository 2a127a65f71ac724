import ArgumentParser
import Methods
import Training
import Verbs

extension FDivergence.Kind: ExpressibleByArgument {}

/// Comparisons to a policy, without a reward model.
struct DPOCommand: VerbCommand {
    static let verb = Verb.dpo
    static let configuration = CommandConfiguration(
        commandName: "dpo",
        abstract: "Train a policy on comparisons directly.",
        discussion: """
            Rows are {"prompt","chosen","rejected"}. The reference is the model as it was, unless another is given.

            EXAMPLE:
              heed dpo --model smollm2-135m-instruct --train comparisons.jsonl \\
                --lora-rank 16 --learning-rate 5e-5 --epochs 1 --output runs/dpo

            Losses: sigmoid, cdpo, robust, hinge, ipo, ipo_sum, exo_pair, nca_pair, bco_pair, sppo_hard, aot, \
            aot_unpaired, apo_zero, apo_down, discopop, sigmoid_norm and sft, one or several that are added up. \
            docs/methods/dpo.md has their equations, and the keys that have no flag. kto, orpo, cpo and simpo are verbs of \
            their own.

            With --prompts the policy writes the answers and a judge compares them, in rounds: an annotator by name \
            (see 'heed help annotate'), reward-model:model=DIR, or people, for whom the command stops: \
            with --store they judge in 'heed label', and the same command continues from there.

            EXAMPLE:
              heed dpo --model smollm2-135m-instruct --prompts prompts.jsonl \\
                --judge warm --rounds 3 --n 4 --lora-rank 16 --learning-rate 5e-5 \\
                --epochs 1 --output runs/online
            """)

    @OptionGroup var source: ConfigurationOptions

    @OptionGroup(title: "DPO") var method: DPOOptions
    @OptionGroup(title: "ANSWERS OF ITS OWN") var rounds: PreferenceRoundsOptions
    @OptionGroup(title: "TRAINING") var training: TrainingOptions<DPO>
    @OptionGroup(title: "TRAINING") var layout: PromptOptions
    @OptionGroup(title: "TRAINING") var rows: RowOptions<DPO>
    @OptionGroup(title: "ADAPTER") var adapter: AdapterOptions
    @OptionGroup(title: "RUN") var shared: RunOptions
    @OptionGroup(title: "RUN") var existing: RunFolderOptions
    @OptionGroup(title: "RUN") var reporting: ReportingOptions
}

/// Settings of the method.
struct DPOOptions: SettingOptions {
    @Option(parsing: .upToNextOption, help: "One or several of the losses above. (default: sigmoid)")
    var loss: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("A weight for each loss. (default: 1)", valueName: "n"))
    var lossWeights: [Double] = []

    @Option(help: "How strongly the policy is held to the reference. (default: 0.1)")
    var beta: Double?

    @Option(help: "The share of judgments that are wrong, for losses that expect some. (default: 0)")
    var labelSmoothing: Double?

    @Option(help: "Weight of the likelihood of chosen answers beside the loss. (default: 0)")
    var sftWeight: Double?

    @Option(
        help: ArgumentHelp(
            "The reference policy, or none. (default: the model before training)", valueName: "model"))
    var reference: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Measure the reference before training, once for all runs. (default: --no-precompute-reference)"
    )
    var precomputeReference: Bool?

    @Option(help: "reverse_kl, forward_kl, js_divergence or alpha_divergence. (default: reverse_kl)")
    var fDivergenceType: FDivergence.Kind?

    @Option(help: "Weight of tokens beyond the length of the shorter answer. (default: 1)")
    var ldAlpha: Double?

    @Flag(
        inversion: .prefixedNo,
        help: "Weight pairs by how likely the policy would write them. (default: --no-use-weighting)")
    var useWeighting: Bool?

    @Flag(
        inversion: .prefixedNo,
        help: "Let the reference follow the policy. (default: --no-sync-ref-model)")
    var syncRefModel: Bool?
}
