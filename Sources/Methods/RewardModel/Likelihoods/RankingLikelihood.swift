// Several answers in their order, ties included: Davidson–Luce (Firth, Kosmidis and Turner, "Davidson–Luce Model for
// Multi-Item Choice with Ties", 2019, equation 1).
//
// A ranking is a series of choices: from what remains, the best tier is taken. A set C of tied answers is chosen from the
// remaining set A with
//
//     P(C | A) = f(C) / Σ_{S ⊆ A, |S| ≤ D} f(S)        f(S) = ν_{|S|} · (Π_{i ∈ S} e^{s_i})^{1/|S|}        ν_1 = 1
//
// where D is the largest tier that may occur. Without ties this is Plackett and Luce's model (Plackett, "The Analysis of
// Permutations", 1975), with two answers Davidson's (PairLikelihood.swift). A tie is a judgment of its own here, that the
// answers are alike. The other treatments of ties in a Plackett–Luce likelihood, Efron's and Breslow's and the exact sum over
// the orders inside a tier, come from survival times that were measured too coarsely: they take a tie for an order that
// nobody saw, so that a tie would say nothing about how alike two answers are.
import Torch

public enum RankingLikelihood {
    /// More sets than this to choose from would cost more than the model's own forward pass.
    public static let largestSetCount = 4096

    /// −log P of one ranking, a scalar.
    /// - Parameters:
    ///   - scores: [K].
    ///   - tiers: positions in `scores`, the best tier first.
    ///   - logTies: log ν_2 … log ν_D, [D − 1]; nil where there are no ties.
    public static func loss(scores: Tensor, tiers: [[Int]], logTies: Tensor? = nil) -> Tensor {
        var remaining = tiers.flatMap { $0 }
        var loss = Tensor.zeros([], on: scores.device)
        for tier in tiers where remaining.count > 1 {
            loss =
                loss + logTotal(chosen(remaining, of: scores), logTies) - logStrength(tier, scores, logTies)
            remaining.removeFirst(tier.count)
        }
        return loss
    }

    /// How many sets of at most `largestTier` can be chosen from `count` answers.
    public static func setCount(of count: Int, largestTier: Int) -> Int {
        var (ways, total) = (1, 0)
        for size in 1...max(1, min(count, largestTier)) {
            ways = ways * (count - size + 1) / size
            total += ways
            if total > largestSetCount { return total }
        }
        return total
    }

    private static func chosen(_ positions: [Int], of scores: Tensor) -> Tensor {
        scores.selecting(Tensor(positions, on: scores.device))
    }

    /// log f(C), a scalar.
    private static func logStrength(_ tier: [Int], _ scores: Tensor, _ logTies: Tensor?) -> Tensor {
        let mean = chosen(tier, of: scores).mean()
        guard tier.count > 1 else { return mean }
        guard let logTies, tier.count - 2 < logTies.count else {
            preconditionFailure(
                "a tier of \(tier.count) where ties of \((logTies?.count ?? 0) + 1) are known")
        }
        return mean + logTies[tier.count - 2..<tier.count - 1].mean()
    }

    /// log Σ f(S) over all sets that could have been chosen from `scores` [n], a scalar.
    private static func logTotal(_ scores: Tensor, _ logTies: Tensor?) -> Tensor {
        guard let logTies else { return scores.logSumExp(along: 0) }
        let sets = subsets(of: scores.count, largest: 1 + logTies.count)
        let means = Tensor(sets.flatMap { $0.shares(of: scores.count) }, shape: [sets.count, scores.count])
            .to(on: scores.device)
        let strengths = Tensor.concatenated([.zeros([1], on: scores.device), logTies])
            .selecting(Tensor(sets.map { $0.count - 1 }, on: scores.device))
        return (means.matrixProduct(scores.unsqueezed(1)).squeezed(1) + strengths).logSumExp(along: 0)
    }

    /// All sets of 1 to `largest` of the positions below `count`.
    private static func subsets(of count: Int, largest: Int) -> [[Int]] {
        var (sets, previous): ([[Int]], [[Int]]) = ([], [[]])
        for _ in 0..<min(count, largest) {
            previous = previous.flatMap { set in ((set.last ?? -1) + 1..<count).map { set + [$0] } }
            sets += previous
        }
        return sets
    }
}

extension [Int] {
    /// The weight of each of `count` scores in the mean over this set.
    fileprivate func shares(of count: Int) -> [Float] {
        var shares = [Float](repeating: 0, count: count)
        for position in self { shares[position] = 1 / Float(self.count) }
        return shares
    }
}
