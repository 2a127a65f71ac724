import ArgumentParser

/// Where the answers that a policy learns from come from: sampled for prompts, or recorded.
struct RolloutSourceOptions: SettingOptions {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("JSON Lines files with one prompt per row.", valueName: "file"))
    var prompts: [String] = []

    @Option(help: ArgumentHelp("Recorded rollouts, in place of sampling and --prompts.", valueName: "file"))
    var replay: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Draw prompts more often whose share of right answers is from the one to the other.",
            valueName: "share"))
    var curriculum: [Double] = []
}
