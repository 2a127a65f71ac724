extension TrainingGuide.Curve {
    /// How often the chosen answer has the higher implicit reward.
    public static let comparisonsOrderedCorrectly = TrainingGuide.Curve(
        "Comparisons ordered correctly", unit: "share",
        ["rewards/accuracies", "eval_rewards/accuracies"], baseline: 0.5)

    /// Whether answers become likelier or less likely.
    public static let logProbabilitiesPerToken = TrainingGuide.Curve(
        "Log-probabilities of the answers", unit: "nats per token", ["logps/chosen", "logps/rejected"])
}
