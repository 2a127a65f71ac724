/// Percentile bootstrap intervals (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, §13.3).
///
/// Answers to one prompt resemble each other, so the unit that is drawn with replacement is the prompt, not the
/// answer (the cluster bootstrap: Davison and Hinkley, *Bootstrap Methods and their Application*, 1997, §3.8).
/// Treating answers as independent would give intervals that are too narrow.
public struct Bootstrap: Codable, Hashable, Sendable {
    public var resamples: Int
    /// The share of repeated studies whose interval would hold the true value, 0.95 unless told otherwise.
    public var confidence: Double

    public init(resamples: Int = 2_000, confidence: Double = 0.95) {
        precondition(resamples > 0, "resamples is \(resamples), expected at least 1")
        precondition(confidence > 0 && confidence < 1, "confidence is \(confidence), expected inside 0…1")
        self.resamples = resamples
        self.confidence = confidence
    }

    /// The interval of any statistic of `clusters`.
    ///
    /// - Parameter statistic: called on `clusters.count` clusters drawn with replacement; it returns `nil` where it
    ///   is undefined, and that draw is left out.
    /// - Returns: `nil` with fewer than two clusters, or when the statistic was never defined.
    public func interval<Cluster>(
        of clusters: [Cluster], using generator: inout some RandomNumberGenerator,
        statistic: ([Cluster]) -> Double?
    ) -> ClosedRange<Double>? {
        interval(drawing: clusters.count, using: &generator) { statistic($0.map { clusters[$0] }) }
    }

    /// - Parameter statistic: called with the places of `count` clusters drawn with replacement.
    private func interval(
        drawing count: Int, using generator: inout some RandomNumberGenerator,
        statistic: ([Int]) -> Double?
    ) -> ClosedRange<Double>? {
        guard count > 1 else { return nil }
        var values: [Double] = []
        values.reserveCapacity(resamples)
        for _ in 0..<resamples {
            if let value = statistic(Self.places(count, using: &generator)) { values.append(value) }
        }
        return interval(from: values)
    }

    /// Several statistics of clusters of which many are alike, all with intervals from the same draws.
    ///
    /// - Parameters:
    ///   - counts: how many clusters there are of each kind.
    ///   - statistics: called with the number of clusters of each kind; it always returns as many values, `nil` for
    ///     those that are undefined, which are left out of the interval.
    /// - Returns: `nil` for a statistic that is undefined on all clusters; intervals as ``interval(of:using:statistic:)``.
    public func estimates(
        ofKinds counts: [Int], using generator: inout some RandomNumberGenerator,
        statistics: ([Int]) -> [Double?]
    ) -> [Estimate?] {
        let measured = statistics(counts)
        let kinds = counts.enumerated().flatMap { Array(repeating: $0, count: $1) }
        guard kinds.count > 1 else { return measured.map { $0.map { Estimate(mean: $0) } } }
        var values = [[Double]](repeating: [], count: measured.count)
        for _ in 0..<resamples {
            var drawn = [Int](repeating: 0, count: counts.count)
            for place in Self.places(kinds.count, using: &generator) { drawn[kinds[place]] += 1 }
            for (statistic, value) in statistics(drawn).enumerated() {
                if let value { values[statistic].append(value) }
            }
        }
        return zip(measured, values).map { mean, values in
            mean.map { Estimate(mean: $0, interval: interval(from: values)) }
        }
    }

    /// As many places below `count`, each as probable. Only this loop knows the generator, whose type the compiler
    /// cannot see; the rest is compiled for what it works on, and millions of draws take hardly any time.
    private static func places(_ count: Int, using generator: inout some RandomNumberGenerator) -> [Int] {
        // Lemire, *Fast Random Integer Generation in an Interval*, 2019; uneven by less than `count` in 2⁶⁴.
        (0..<count).map { _ in Int(generator.next().multipliedFullWidth(by: UInt64(count)).high) }
    }

    private func interval(from values: [Double]) -> ClosedRange<Double>? {
        precondition(!values.contains(where: \.isNaN), "a statistic is not a number")
        let tail = (1 - confidence) / 2
        guard let low = quantile(tail, of: values), let high = quantile(1 - tail, of: values) else {
            return nil
        }
        return low...high
    }

    /// The mean of `values` and its interval.
    ///
    /// - Parameter clusters: for every value, the prompt it belongs to; without it each value stands alone.
    /// - Returns: `nil` when there are no values.
    public func mean(
        of values: [Double], clusters: [Int]? = nil, using generator: inout some RandomNumberGenerator
    ) -> Estimate? {
        precondition(values.allSatisfy(\.isFinite), "the mean of values that are not all finite")
        guard !values.isEmpty else { return nil }
        let totals = Total.byCluster(values, clusters)
        return Estimate(
            mean: Total.mean(of: totals, at: totals.indices) ?? 0,
            interval: interval(drawing: totals.count, using: &generator) {
                Total.mean(of: totals, at: $0)
            })
    }

    /// The mean of values from 0 to 1, and its interval. Where all clusters have the same, drawing them again shows no spread,
    /// however few there are: the interval is then Wilson's (``wilsonInterval(_:of:)``), a cluster counting as one trial.
    ///
    /// - Returns: `nil` when there are no values; no interval of a single cluster.
    public func share(
        of values: [Double], clusters: [Int]? = nil, using generator: inout some RandomNumberGenerator
    ) -> Estimate? {
        guard let estimate = mean(of: values, clusters: clusters, using: &generator) else { return nil }
        guard let low = estimate.low, low == estimate.high else { return estimate }
        let count = clusters.map { Set($0).count } ?? values.count
        return Estimate(
            mean: estimate.mean, interval: wilsonInterval(estimate.mean * Double(count), of: count))
    }

    /// The mean of `first[i] - second[i]` and its interval: both arms are drawn together, so what a hard prompt does
    /// to both of them cancels.
    public func pairedDifference(
        _ first: [Double], _ second: [Double], clusters: [Int]? = nil,
        using generator: inout some RandomNumberGenerator
    ) -> Estimate? {
        precondition(
            first.count == second.count,
            "paired values differ in number: \(first.count) and \(second.count)")
        return mean(of: zip(first, second).map { $0 - $1 }, clusters: clusters, using: &generator)
    }
}

/// The sum and number of the values of one cluster: all that a mean needs to know about it.
private struct Total {
    var sum = 0.0
    var count = 0

    /// Clusters in the order in which they first appear, so that a seed gives the same interval every time.
    static func byCluster(_ values: [Double], _ clusters: [Int]?) -> [Total] {
        guard let clusters else { return values.map { Total(sum: $0, count: 1) } }
        precondition(
            clusters.count == values.count,
            "\(values.count) values come with \(clusters.count) cluster numbers")
        var positions: [Int: Int] = [:]
        var totals: [Total] = []
        for (value, cluster) in zip(values, clusters) {
            let position = positions[cluster] ?? totals.count
            if position == totals.count {
                positions[cluster] = position
                totals.append(Total())
            }
            totals[position].sum += value
            totals[position].count += 1
        }
        return totals
    }

    static func mean(of totals: [Total], at places: some Sequence<Int>) -> Double? {
        var whole = Total()
        for place in places {
            whole.sum += totals[place].sum
            whole.count += totals[place].count
        }
        return whole.count == 0 ? nil : whole.sum / Double(whole.count)
    }
}
