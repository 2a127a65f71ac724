import Foundation

/// What makes the outcome of a comparison between two arms vary.
public struct ComparisonSpread: Hashable, Codable, Sendable {
    /// The standard deviation of an arm's mean from one training to the next.
    public var trainings: Double
    /// Of the arms' difference from one prompt to the next.
    public var prompts: Double
    /// Of a single answer's outcome on one prompt.
    public var answers: Double

    public init(trainings: Double, prompts: Double, answers: Double) {
        (self.trainings, self.prompts, self.answers) = (trainings, prompts, answers)
    }
}

/// How many prompts and trainings find a difference of a stated size.
public struct ComparisonDesign: Hashable, Sendable {
    public var prompts: Int
    /// Of each arm.
    public var trainings: Int
    /// Of each training to each prompt.
    public var answers: Int

    public init(prompts: Int, trainings: Int, answers: Int) {
        (self.prompts, self.trainings, self.answers) = (prompts, trainings, answers)
    }

    /// The square of the standard error of the difference between two arms, and its degrees of freedom: that of their
    /// trainings, 2 σ²/S, and that of prompts with the answers to them, (σ² + τ²/(S n)) / P.
    func error(_ spread: ComparisonSpread) -> (variance: Double, degrees: Double) {
        let (count, trials) = (Double(prompts), Double(trainings))
        let between = 2 * spread.trainings * spread.trainings / trials
        let within =
            (spread.prompts * spread.prompts
                + spread.answers * spread.answers / (trials * Double(answers))) / count
        // A single training does not show how far another would lie: it is taken on trust.
        let seeds = trainings > 1 ? between * between / (2 * (trials - 1)) : 0
        let variance = between + within
        let squares = seeds + (prompts > 1 ? within * within / (count - 1) : 0)
        return (variance, squares > 0 ? variance * variance / squares : .infinity)
    }

    /// The chance that a two-sided test at `level` finds a difference of `effect`, by the normal approximation of the
    /// noncentral t (Abramowitz and Stegun 26.7.10).
    public func power(toFind effect: Double, _ spread: ComparisonSpread, level: Double) -> Double {
        let (variance, degrees) = error(spread)
        guard variance > 0 else { return effect == 0 ? level : 1 }
        let shift = abs(effect) / variance.squareRoot()
        guard degrees.isFinite, degrees < 1e9 else {
            let limit = StudentDistribution(degrees: 1e9).quantile(1 - level / 2)
            return normalCumulative(shift - limit) + normalCumulative(-shift - limit)
        }
        let limit = StudentDistribution(degrees: degrees).quantile(1 - level / 2)
        func below(_ t: Double) -> Double {
            normalCumulative(
                (t * (1 - 1 / (4 * degrees)) - shift) / (1 + t * t / (2 * degrees)).squareRoot())
        }
        return 1 - below(limit) + below(-limit)
    }

    /// The fewest prompts that find `effect` with the chance `power`; nil where no number of them does, as trainings differ
    /// too much.
    public static func fewestPrompts(
        trainings: Int, answers: Int, toFind effect: Double, _ spread: ComparisonSpread, level: Double,
        power: Double
    ) -> Int? {
        func finds(_ prompts: Int) -> Bool {
            ComparisonDesign(prompts: prompts, trainings: trainings, answers: answers)
                .power(toFind: effect, spread, level: level) >= power
        }
        var (low, high) = (1, 2)
        while !finds(high) {
            guard high < mostPrompts else { return nil }
            (low, high) = (high, high * 2)
        }
        while high - low > 1 {
            let middle = (low + high) / 2
            if finds(middle) { high = middle } else { low = middle }
        }
        return high
    }

    private static let mostPrompts = 1 << 20
}
