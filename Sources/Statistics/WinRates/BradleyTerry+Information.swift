import Foundation

/// How informative the next vote between two arms would be, given the votes so far.
///
/// A vote between `i` and `j` adds `p (1 − p) d dᵀ` to the Fisher information of the strengths, where `d` is 1 at `i` and
/// −1 at `j`, so the entropy of a normal approximation to what is known of them falls by `½ log(1 + p (1 − p) dᵀ Σ d)`:
/// a D-optimal design (Chaloner and Verdinelli, *Bayesian Experimental Design: A Review*, 1995). The most informative pairs
/// have seldom met and win about as often as they lose.
public struct VoteInformation: Sendable {
    private let fit: BradleyTerry
    private var covariance: SquareMatrix

    public init(_ fit: BradleyTerry) {
        self.fit = fit
        covariance = fit.covariance
    }

    /// After some votes, or none: arms need not have met, as a prior says about how far apart they can be.
    ///
    /// - Parameter prior: see ``BradleyTerry``; more than 0.
    public init?(_ votes: [ArmVote], arms: Int, prior: Double = 1) {
        precondition(prior > 0, "prior is \(prior), expected more than 0")
        guard let fit = BradleyTerry(maximizing: PairScores(votes, arms: arms), prior: prior) else {
            return nil
        }
        self.init(fit)
    }

    /// The expected information of a vote between two arms, in nats; 0 for an arm against itself.
    public func gain(_ first: Int, _ second: Int) -> Double {
        0.5 * log1p(weight(first, second) * differenceVariance(first, second))
    }

    /// The variance of the difference of two strengths.
    public func differenceVariance(_ first: Int, _ second: Int) -> Double {
        covariance[first, first] + covariance[second, second] - 2 * covariance[first, second]
    }

    /// Takes a vote that is going to be cast into account, whatever it will say: by Sherman and Morrison's formula.
    public mutating func expectVote(_ first: Int, _ second: Int) {
        let weight = weight(first, second)
        let column = (0..<covariance.size).map { covariance[$0, first] - covariance[$0, second] }
        let scale = weight / (1 + weight * differenceVariance(first, second))
        for row in column.indices {
            for other in column.indices { covariance[row, other] -= scale * column[row] * column[other] }
        }
    }

    private func weight(_ first: Int, _ second: Int) -> Double {
        variance(fit.strengths[first] - fit.strengths[second])
    }
}
