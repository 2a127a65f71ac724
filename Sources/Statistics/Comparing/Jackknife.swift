/// How far any statistic would move with other prompts and other trainings, by leaving out one of them at a time.
///
/// Each kind of cluster gives a variance of its own, (G − 1)/G Σ (θ₋ᵍ − θ̄)² over its G clusters (Efron and Stein, *The Jackknife
/// Estimate of Variance*, 1981). They are added up, what is left to chance within all of them being counted more than once: an
/// interval is rather too wide than too narrow.
public enum Jackknife {
    /// - Parameters:
    ///   - clusters: for each kind of cluster, the number of every item's own.
    ///   - statistic: `nil` where it is undefined.
    /// - Returns: `nil` where the statistic is undefined, with all items or without one cluster, and where no kind has two.
    public static func sampled<Item>(
        _ items: [Item], clusters: [[Int]], statistic: ([Item]) -> Double?
    ) -> SampledNumber? {
        guard let whole = statistic(items) else { return nil }
        var parts: [SampledNumber.Part] = []
        for numbers in clusters {
            precondition(numbers.count == items.count, "\(numbers.count) numbers for \(items.count) items")
            let names = Set(numbers).sorted()
            guard names.count > 1 else { continue }
            var values: [Double] = []
            for name in names {
                let kept = zip(items, numbers).filter { $0.1 != name }.map(\.0)
                guard let value = statistic(kept) else { return nil }
                values.append(value)
            }
            let deviation = Moments(values).deviation
            let count = Double(names.count)
            parts.append(
                .init(
                    variance: (count - 1) * (count - 1) / count * deviation * deviation, degrees: count - 1))
        }
        return parts.isEmpty ? nil : SampledNumber(whole, parts: parts)
    }
}
