import ArgumentParser

/// How a run that learns from its own answers is watched.
struct WatchOptions: SettingOptions {
    @Flag(
        inversion: .prefixedNo,
        help: "Answer 32 prompts before the first update. (default: where that is a tenth of the run or less)"
    )
    var preflight: Bool?

    @Option(
        help: ArgumentHelp(
            "Nats per response from the reference at which the run ends; final/ is then the best model within.",
            valueName: "nats"))
    var klBudget: Double?

    @Flag(
        inversion: .prefixedNo,
        help: """
            Record the trainer's log-probabilities of sampled tokens, so that ratios begin at exactly 1. \
            (default: --no-score-sampled-tokens)
            """)
    var scoreSampledTokens: Bool?
}
