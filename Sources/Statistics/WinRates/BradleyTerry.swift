import Foundation

/// A vote between two of several arms.
public struct ArmVote: Hashable, Sendable {
    public var first: Int
    public var second: Int
    /// What became of the first.
    public var outcome: Outcome

    public init(_ first: Int, _ outcome: Outcome, against second: Int) {
        self.first = first
        self.second = second
        self.outcome = outcome
    }
}

/// Strengths of several arms from votes between pairs of them (Bradley and Terry, *Rank Analysis of Incomplete Block
/// Designs*, 1952): arm `i` beats arm `j` with probability `σ(strengthᵢ − strengthⱼ)`.
///
/// A tie counts as half a win for both, as in ``WinRate``, so that a probability of winning is a share of wins plus half
/// the share of ties. Davidson's model (1970) would give ties a parameter of their own, and the same order of arms.
public struct BradleyTerry: Hashable, Sendable {
    /// In log-odds; only differences mean something, so their sum is zero.
    public let strengths: [Double]
    /// The inverse of the Fisher information; only the variances of differences mean something.
    let covariance: SquareMatrix

    /// The strengths under which the votes are most likely, by Newton's method.
    ///
    /// - Parameters:
    ///   - arms: how many there are; votes name them 0, 1, ….
    ///   - prior: how many votes every arm is given in advance against an opponent of strength 0, half of them won. With
    ///     0 strengths are those of maximum likelihood.
    /// - Returns: `nil` where strengths are undetermined: without a prior, when some arms never lost or never won against
    ///   the rest (Ford, *Solution of a Ranking Problem from Binary Comparisons*, 1957), which would make them infinite;
    ///   with one, when some arms never met the rest, even through others.
    public init?(_ votes: [ArmVote], arms: Int, prior: Double = 0) {
        self.init(PairScores(votes, arms: arms), prior: prior)
    }

    init?(_ scores: PairScores, prior: Double, startingAt start: [Double]? = nil) {
        guard prior > 0 ? scores.isConnected : scores.isStronglyConnected else { return nil }
        self.init(maximizing: scores, prior: prior, startingAt: start)
    }

    /// With a prior there is always a maximum; between arms that never met it is the prior's word alone.
    init?(maximizing scores: PairScores, prior: Double, startingAt start: [Double]? = nil) {
        precondition(prior >= 0, "prior is \(prior), expected at least 0")
        let likelihood = Likelihood(scores: scores, prior: prior)
        guard let maximum = likelihood.maximum(startingAt: start),
            let covariance = likelihood.information(at: maximum).inverse()
        else { return nil }
        let mean = Moments(maximum).mean
        strengths = maximum.map { $0 - mean }
        self.covariance = covariance
    }

    /// How probable it is that an arm is preferred to another.
    public func winProbability(of arm: Int, against other: Int) -> Double {
        1 / (1 + exp(strengths[other] - strengths[arm]))
    }
}

/// How often every arm won against every other, ties counted half.
struct PairScores: Sendable {
    let arms: Int
    private(set) var wins: SquareMatrix

    init(arms: Int) {
        self.arms = arms
        wins = SquareMatrix(size: arms)
    }

    init(_ votes: [ArmVote], arms: Int) {
        self.init(arms: arms)
        for vote in votes { add(vote) }
    }

    /// An arm against itself says nothing and is left out.
    mutating func add(_ vote: ArmVote, times: Double = 1) {
        precondition(
            (0..<arms).contains(vote.first) && (0..<arms).contains(vote.second),
            "a vote between arms \(vote.first) and \(vote.second) of \(arms)")
        guard vote.first != vote.second else { return }
        wins[vote.first, vote.second] += vote.outcome.value * times
        wins[vote.second, vote.first] += (1 - vote.outcome.value) * times
    }

    /// Whether every arm met every other, if only through third ones.
    var isConnected: Bool { reaches { wins[$0, $1] + wins[$1, $0] > 0 } }

    /// Whether every arm beat every other, if only through third ones.
    var isStronglyConnected: Bool {
        reaches { wins[$0, $1] > 0 } && reaches { wins[$1, $0] > 0 }
    }

    private func reaches(_ isStep: (Int, Int) -> Bool) -> Bool {
        guard arms > 0 else { return false }
        var reached: Set = [0]
        var open = [0]
        while let arm = open.popLast() {
            for next in 0..<arms where !reached.contains(next) && isStep(arm, next) {
                reached.insert(next)
                open.append(next)
            }
        }
        return reached.count == arms
    }
}

/// The logarithm of the probability of the votes as a function of strengths: concave, so Newton's method with steps
/// that are halved until they climb finds its only maximum.
private struct Likelihood {
    let scores: PairScores
    let prior: Double

    func maximum(startingAt start: [Double]?) -> [Double]? {
        var strengths = start ?? [Double](repeating: 0, count: scores.arms)
        for _ in 0..<100 {
            guard let step = information(at: strengths).solve(gradient(at: strengths)) else { return nil }
            if step.allSatisfy({ abs($0) < 1e-9 }) { return strengths }
            // Near the top values differ by less than their rounding.
            let height = value(at: strengths)
            let least = height - 1e-12 * (1 + abs(height))
            var scale = 1.0
            var next = strengths
            repeat {
                next = zip(strengths, step).map { $0 + scale * $1 }
                scale /= 2
            } while value(at: next) < least && scale > 1e-6
            strengths = next
        }
        return nil
    }

    private func value(at strengths: [Double]) -> Double {
        var sum = 0.0
        for arm in 0..<scores.arms {
            for other in 0..<scores.arms where scores.wins[arm, other] > 0 {
                sum -= scores.wins[arm, other] * softplus(strengths[other] - strengths[arm])
            }
            sum -= prior / 2 * (softplus(strengths[arm]) + softplus(-strengths[arm]))
        }
        return sum
    }

    private func gradient(at strengths: [Double]) -> [Double] {
        (0..<scores.arms).map { arm in
            let others = (0..<scores.arms).reduce(0.0) { sum, other in
                let played = scores.wins[arm, other] + scores.wins[other, arm]
                guard played > 0 else { return sum }
                return sum + scores.wins[arm, other] - played * logistic(strengths[arm] - strengths[other])
            }
            return others + prior * (0.5 - logistic(strengths[arm]))
        }
    }

    /// Without a prior the sum of the strengths is free; it is held where it is.
    func information(at strengths: [Double]) -> SquareMatrix {
        var matrix = SquareMatrix(size: scores.arms)
        for arm in 0..<scores.arms {
            matrix[arm, arm] += prior * variance(strengths[arm])
            for other in 0..<arm {
                let played = scores.wins[arm, other] + scores.wins[other, arm]
                guard played > 0 else { continue }
                matrix.addPair(arm, other, weight: played * variance(strengths[arm] - strengths[other]))
            }
        }
        return prior > 0 ? matrix : matrix.pinned()
    }
}

private func softplus(_ value: Double) -> Double { max(0, value) + log1p(exp(-abs(value))) }

private func logistic(_ value: Double) -> Double { 1 / (1 + exp(-value)) }

/// `p (1 − p)` of the logistic function: what one vote says about the difference of two strengths.
func variance(_ value: Double) -> Double { logistic(value) * logistic(-value) }
