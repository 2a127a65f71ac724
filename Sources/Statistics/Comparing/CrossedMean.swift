/// A mean over prompts of what models do that were each trained several times, and how far it would move with other prompts
/// and other trainings.
///
/// Prompts and trainings are crossed: every training answers every prompt. With σ² for trainings, prompts and what is left,
/// S trainings and P prompts, the variance of the mean is σ²(trainings)/S + σ²(prompts)/P + σ²(rest)/(S P). The spread of the
/// S means over prompts holds the first and the last of these, that of the P means over trainings the second and the last, so
/// what is left comes off once: the analysis of variance of two crossed random factors (Searle, Casella and McCulloch,
/// *Variance Components*, 1992, §4.7). The degrees of freedom are Satterthwaite's.
public enum CrossedMean {
    /// - Parameters:
    ///   - prompts: what was found on each prompt, averaged over all trainings.
    ///   - trainings: for every model that was trained several times a table of S rows with P numbers, what its own trainings
    ///     give on each prompt; their deviations from each other count, not their mean. A table of one row says nothing of
    ///     training again, and adds nothing.
    /// - Returns: `nil` with fewer than two prompts.
    public static func sampled(prompts: [Double], trainings: [[[Double]]] = []) -> SampledNumber? {
        guard prompts.count > 1 else { return nil }
        for row in trainings.joined() {
            precondition(row.count == prompts.count, "\(row.count) numbers for \(prompts.count) prompts")
        }
        let tables = trainings.filter { $0.count > 1 }.map(Table.init)
        let between = SampledNumber.Part(
            variance: squaredError(prompts), degrees: Double(prompts.count - 1))
        return SampledNumber(
            mean(of: prompts) ?? 0, parts: [between] + tables.map(\.trainings), less: tables.map(\.rest),
            atLeast: [[between], tables.map(\.trainings)])
    }

    /// The same of shares from 0 to 1. Where all prompts and all trainings say the same, that they do not differ proves little:
    /// the variance is then that of drawing as many prompts from a share that one more success and one more failure would give
    /// (Laplace's rule of succession).
    public static func sampled(shares: [Double], trainings: [[[Double]]] = []) -> SampledNumber? {
        guard let found = sampled(prompts: shares, trainings: trainings), found.variance == 0 else {
            return sampled(prompts: shares, trainings: trainings)
        }
        let count = Double(shares.count)
        let share = (found.value * count + 1) / (count + 2)
        return SampledNumber(
            found.value, parts: [.init(variance: share * (1 - share) / count, degrees: count - 1)])
    }

    /// Of the mean of independent values.
    private static func squaredError(_ values: [Double]) -> Double {
        let deviation = Moments(values).deviation
        return deviation * deviation / Double(values.count)
    }

    /// One model's trainings on all prompts.
    private struct Table {
        let trainings: SampledNumber.Part
        /// What neither training nor prompt explains.
        let rest: SampledNumber.Part

        init(_ rows: [[Double]]) {
            let (count, prompts) = (rows.count, rows[0].count)
            let means = rows.map { mean(of: $0) ?? 0 }
            let whole = mean(of: means) ?? 0
            let columns = (0..<prompts).map { prompt in rows.reduce(0) { $0 + $1[prompt] } / Double(count) }
            var squares = 0.0
            for (row, mean) in zip(rows, means) {
                for (value, column) in zip(row, columns) {
                    let rest = value - mean - column + whole
                    squares += rest * rest
                }
            }
            let degrees = Double((count - 1) * (prompts - 1))
            trainings = .init(variance: CrossedMean.squaredError(means), degrees: Double(count - 1))
            rest = .init(variance: squares / degrees / Double(count * prompts), degrees: degrees)
        }
    }
}

/// Several p-values, adjusted so that the chance of calling anything different that is not stays below the level they are held
/// against, whatever their dependence (Holm, *A Simple Sequentially Rejective Multiple Test Procedure*, 1979).
public func holmAdjusted(_ probabilities: [Double]) -> [Double] {
    let order = probabilities.indices.sorted { probabilities[$0] < probabilities[$1] }
    var adjusted = probabilities
    var highest = 0.0
    for (rank, index) in order.enumerated() {
        highest = max(highest, min(1, Double(order.count - rank) * probabilities[index]))
        adjusted[index] = highest
    }
    return adjusted
}
