/// Strengths of several arms and their probabilities of winning, with intervals from drawing prompts again.
public struct BradleyTerryEstimate: Hashable, Sendable {
    /// In log-odds, with a sum of zero.
    public let strengths: [Estimate]
    /// For every arm, how probable it is that it is preferred to each other; 0.5 to itself.
    public let winProbabilities: [[Estimate]]

    /// - Parameters:
    ///   - prompts: for every vote, the prompt it belongs to (``Bootstrap``).
    ///   - prior: see ``BradleyTerry``. Without one, draws in which an arm wins every vote have no strengths and are left
    ///     out, which makes intervals of small studies too narrow; one vote is little beside twenty.
    /// - Returns: `nil` where ``BradleyTerry`` has no strengths.
    public init?(
        _ votes: [ArmVote], arms: Int, prompts: [Int]? = nil, prior: Double = 1,
        bootstrap: Bootstrap = Bootstrap(), using generator: inout some RandomNumberGenerator
    ) {
        guard let fit = BradleyTerry(votes, arms: arms, prior: prior) else { return nil }
        let kinds = ClusterKinds(votes.map(OrderedVote.init), clusters: prompts)
        let estimates = bootstrap.estimates(ofKinds: kinds.counts, using: &generator) { counts in
            var scores = PairScores(arms: arms)
            for (votes, count) in zip(kinds.contents, counts) where count > 0 {
                for vote in votes { scores.add(vote.vote, times: Double(count)) }
            }
            guard let drawn = BradleyTerry(scores, prior: prior, startingAt: fit.strengths) else {
                return [Double?](repeating: nil, count: arms + arms * arms)
            }
            return drawn.strengths
                + (0..<arms * arms).map { drawn.winProbability(of: $0 / arms, against: $0 % arms) }
        }.compactMap(\.self)
        guard estimates.count == arms + arms * arms else { return nil }
        strengths = Array(estimates[..<arms])
        winProbabilities = (0..<arms).map { Array(estimates[arms + $0 * arms..<arms + ($0 + 1) * arms]) }
    }
}

private struct OrderedVote: Hashable, Comparable, Sendable {
    let vote: ArmVote

    private var key: (Int, Int, Double) { (vote.first, vote.second, vote.outcome.value) }

    static func < (left: OrderedVote, right: OrderedVote) -> Bool { left.key < right.key }
}
