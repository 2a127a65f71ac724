import ArgumentParser
import Rewards

/// Settings of learning from the policy's own answers.
struct PreferenceRoundsOptions: SettingOptions {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("JSON Lines files, one prompt per row, in place of --train.", valueName: "file"))
    var prompts: [String] = []

    @Option(
        name: [.customLong("judge"), .customLong("reward")], parsing: .upToNextOption,
        help: ArgumentHelp(
            "Rewards that judge, NAME[:key=value,…]; several are added up. Or people. (default: warm)",
            valueName: "name"))
    var judge: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("A weight for each of these rewards, 1 without.", valueName: "n"))
    var rewardWeights: [Double] = []

    @Option(help: "The share of its choices that are flipped. (default: 0)")
    var judgeError: Double?

    @Option(help: ArgumentHelp("Where people judge ('heed label'). (default: in a file)", valueName: "file"))
    var store: String?

    @Option(help: "all, disjoint or extremes: which answers to a prompt are compared. (default: all)")
    var pairs: PairSelection?

    @Option(help: "How many times the prompts are answered. (default: 1)")
    var rounds: Int?

    @Option(help: "Answers to each prompt. (default: 4)")
    var n: Int?

    @Option(help: "Tokens of an answer, at most. (default: 128)")
    var maxNewTokens: Int?

    @Option(help: "Divides the logits. (default: 1)")
    var temperature: Double?
}
