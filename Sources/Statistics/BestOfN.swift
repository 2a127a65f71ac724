import Foundation

/// How far the best of n answers by some score is from the distribution that they are drawn from, in nats.
public enum BestOfN {
    /// log n − (n−1)/n: never less than the divergence, and the divergence itself only where no two answers can score alike
    /// (Beirami et al., *Theoretical guarantees on the best-of-n alignment policy*, 2024).
    public static func divergenceBound(_ n: Int) -> Double {
        log(Double(n)) - Double(n - 1) / Double(n)
    }

    /// The divergence, estimated from the scores of independent answers to one prompt.
    ///
    /// Within answers that score alike, the best of n keeps the proportions of single ones, so the divergence depends on how
    /// often each score comes: where scores up to one have the probability F, and lower ones F₋, the best of n has it with
    /// Fⁿ − F₋ⁿ. Scores that came several times count as levels of their own with the share that they had; what came
    /// once counts as drawn from a continuum, for which the bound is exact. So the estimate equals the bound where nothing
    /// was tied, is 0 where everything was, and errs upwards for levels that few answers reached.
    ///
    /// Beirami et al. estimate it from the probability of the chosen answer alone, which sees the same text written twice and
    /// not two texts that score alike; under a reward of 0 or 1 that is what matters.
    public static func divergence(_ n: Int, scores: [Double]) -> Double {
        let counts = Dictionary(grouping: scores, by: \.self).mapValues(\.count)
        let total = Double(scores.count)
        var (divergence, below) = (0.0, 0)
        for (_, count) in counts.sorted(by: { $0.key < $1.key }) {
            let (low, high) = (Double(below) / total, Double(below + count) / total)
            divergence +=
                count == 1
                ? continuum(n, through: high) - continuum(n, through: low) : level(n, low, high)
            below += count
        }
        return divergence
    }

    /// ∫₀ᵘ n xⁿ⁻¹ log(n xⁿ⁻¹) dx.
    private static func continuum(_ n: Int, through u: Double) -> Double {
        guard u > 0 else { return 0 }
        let n = Double(n)
        let power = pow(u, n)
        return power * (log(n) + (n - 1) * (log(u) - 1 / n))
    }

    private static func level(_ n: Int, _ low: Double, _ high: Double) -> Double {
        let chosen = pow(high, Double(n)) - pow(low, Double(n))
        return chosen > 0 ? chosen * log(chosen / (high - low)) : 0
    }
}
