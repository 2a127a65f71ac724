import Statistics

/// What is maximised still rises while what it stands for falls.
public struct GoldDivergence: Watch {
    /// Measurements that nothing learns from: people's verdicts, a held-out reward.
    public let gold: [String]

    public let name = "reward against gold"
    public var metrics: [String] { gold }

    /// Names that such measurements go by.
    public static let usual = [
        "gold", "eval_gold", "people/win_rate", "eval_people/win_rate", "eval_reward",
        "eval_objective/scores",
    ]
    /// Values that are averaged, and standard errors that count.
    private static let (window, certainty) = (3, 3.0)

    public init(gold: [String] = []) { self.gold = gold + Self.usual }

    public func alarm(in history: RunHistory) -> Alarm? {
        guard let proxy = history.series(RunHistory.rewards),
            let gold = history.series(gold, atLeast: 2 * Self.window),
            let best = best(of: gold), best.mean - gold.end(Self.window) > Self.certainty * noise(of: gold)
        else { return nil }
        let then = proxy.points.prefix { $0.step <= best.step }.suffix(Series.window).map(\.value)
        guard !then.isEmpty, proxy.end() > Moments(then).mean else { return nil }
        return alarm(
            in: history, gold.name, from: best.mean, to: gold.end(Self.window),
            seen: "\(gold.name) fell from \(shown(best.mean)) at step \(best.step) to "
                + "\(shown(gold.end(Self.window))), while \(proxy.name) rose to \(shown(proxy.end()))",
            meaning:
                "the reward is being gamed: what it measures and what was meant have parted (over-optimisation)",
            advice:
                "take the checkpoint before step \(best.step + 1); --kl-budget or a higher --kl-coefficient stops there; "
                + "an ensemble of reward models, or more judgments of the new answers, moves the point")
    }

    /// The highest mean of neighbouring values, and where it ends.
    private func best(of gold: Series) -> (step: Int, mean: Double)? {
        let values = gold.points
        let means = (Self.window...values.count).map { end in
            (values[end - 1].step, Moments(values[end - Self.window..<end].map(\.value)).mean)
        }
        return means.max { $0.1 < $1.1 }.map { (step: $0.0, mean: $0.1) }
    }

    /// The standard error of a difference of two such means, from how neighbours differ.
    private func noise(of gold: Series) -> Double {
        let differences = zip(gold.points.dropFirst(), gold.points).map { $0.value - $1.value }
        return Moments(differences).deviation / Double(Self.window).squareRoot()
    }
}
