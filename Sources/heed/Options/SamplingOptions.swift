import ArgumentParser

/// How answers are drawn.
struct SamplingOptions: SettingOptions {
    @Option(help: "Tokens of an answer, at most. (default: 256, in evaluate 128)")
    var maxNewTokens: Int?

    @Option(help: "Divides the logits; 0 is greedy. (default: 1)")
    var temperature: Double?

    @Option(help: "Draw from the k most probable tokens. (default: off)")
    var topK: Int?

    @Option(help: "Draw from the fewest tokens whose probability reaches p. (default: off)")
    var topP: Double?

    @Option(help: "Drop tokens below this share of the best one's probability. (default: off)")
    var minP: Double?

    @Option(help: "Lowers the logits of tokens already there. (default: 1, off)")
    var repetitionPenalty: Double?

    @Flag(inversion: .prefixedNo, help: "Always the most probable token. (default: --no-greedy)")
    var greedy: Bool?
}
