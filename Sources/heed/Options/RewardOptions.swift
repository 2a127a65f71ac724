import ArgumentParser

/// What a policy learns.
struct RewardOptions: SettingOptions {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            Rewards by name, NAME[:key=value,…], or program:PATH, which reads a line \
            {"id","prompt","completion","ended","columns"} for each answer and writes \
            {"id","reward"}; several are added up.
            """, valueName: "name"))
    var reward: [String] = []

    @Option(help: ArgumentHelp("A reward model as a reward, DIR or DIR:option=value,….", valueName: "model"))
    var rewardModel: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("A weight for each reward, the reward model's last; 1 without.", valueName: "n"))
    var rewardWeights: [Double] = []
}
