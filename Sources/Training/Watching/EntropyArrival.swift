import Statistics

/// The policy's entropy will be gone before the run is over.
///
/// Judged by when it gets there, not by how low it is: a low one that stays still explores.
public struct EntropyArrival: Watch {
    public let name = "entropy"
    public let metrics = ["policy/entropy_avg", "entropy"]

    /// Nats a token below which answers to a prompt are practically the same. Of a policy that began below twice that, half
    /// of where it began.
    private static let floor = 0.1
    private static let fewest = 10
    private static let most = 50
    /// How much of it must be gone before a trend is one, and by how many standard errors it falls.
    private static let (loss, certainty) = (0.25, 4.0)

    public func watched(in history: RunHistory) -> Series? {
        history.isReinforcement ? history.series(metrics, atLeast: 1) : nil
    }

    public func alarm(in history: RunHistory) -> Alarm? {
        guard history.isReinforcement, let entropy = history.series(metrics, atLeast: Self.fewest) else {
            return nil
        }
        let (start, end) = (entropy.start(), entropy.end())
        let floor = min(Self.floor, start / 2)
        let now = "entropy fell from \(shown(start)) to \(shown(end)) nats a token"
        func alarm(_ when: String) -> Alarm {
            self.alarm(
                in: history, entropy.name, from: start, to: end, seen: "\(now), \(when)",
                meaning:
                    "a policy without entropy writes one answer again and again: nothing new is tried, and "
                    + "answers to a prompt no longer differ",
                advice:
                    "lower --learning-rate, raise --epsilon-high (clip higher) or --entropy-coefficient, hold the "
                    + "policy closer to its reference, or raise --temperature")
        }
        if end <= floor { return alarm("where answers no longer vary") }
        guard start - end >= Self.loss * start, let arrival = arrival(of: entropy, at: floor) else {
            return nil
        }
        // Of a run without a known end: within as many steps again.
        guard arrival <= Double(history.totalSteps ?? 2 * history.lastStep) else { return nil }
        return alarm("and as it falls now it reaches \(shown(floor)) by step \(Int(arrival.rounded(.up)))")
    }

    /// The step at which the trend of the latter half of the run reaches the floor; nil where it does not fall.
    private func arrival(of entropy: Series, at floor: Double) -> Double? {
        let count = min(Self.most, max(Self.fewest, entropy.points.count / 2))
        let recent = entropy.points.suffix(count).map { (x: Double($0.step), y: $0.value) }
        guard let trend = LinearFit(recent), -trend.slope >= Self.certainty * trend.slopeError,
            trend.slope < 0
        else { return nil }
        let step = Double(entropy.last.step)
        return step + max(0, trend.value(at: step) - floor) / -trend.slope
    }
}
