import Foundation

/// What a draw of `n` out of some samples shows on average, over all such draws and without making one: the best of `n`
/// answers, estimated from more of them than `n`.
///
/// Of M samples, the k-th smallest of a random n-subset is the i-th smallest of all, counted from 0, with probability
/// C(i, k−1) C(M−1−i, n−k) / C(M, n). The mean so weighted has no bias; the best of a single draw of `n` is the same with
/// more noise, and drawing from the samples with replacement is biased towards less.
public struct OrderStatistics: Sendable {
    /// Ascending.
    private let samples: [Double]
    private let logFactorials: [Double]

    public init(_ samples: [Double]) {
        precondition(!samples.contains(where: \.isNaN), "a sample is not a number")
        self.samples = samples.sorted()
        logFactorials = Self.logFactorials(upTo: samples.count)
    }

    /// log 0! … log count!
    private static func logFactorials(upTo count: Int) -> [Double] {
        (0..<count).reduce(into: [0]) { $0.append($0[$1] + log(Double($1 + 1))) }
    }

    /// The mean of the `rank`-th smallest of `n` samples, both counted from 1.
    public func expected(rank: Int, of n: Int) -> Double {
        precondition((1...samples.count).contains(n), "\(n) of \(samples.count) samples")
        precondition((1...n).contains(rank), "rank \(rank) of \(n)")
        return samples.indices.reduce(0) { sum, index in
            sum + weight(of: index, rank: rank, of: n) * samples[index]
        }
    }

    public func expectedMaximum(of n: Int) -> Double { expected(rank: n, of: n) }

    /// The median of an even number is the mean of its two middle values.
    public func expectedMedian(of n: Int) -> Double {
        (expected(rank: (n + 1) / 2, of: n) + expected(rank: n / 2 + 1, of: n)) / 2
    }

    private func weight(of index: Int, rank: Int, of n: Int) -> Double {
        let (below, above) = (index, samples.count - 1 - index)
        guard below >= rank - 1, above >= n - rank else { return 0 }
        return exp(
            logChoices(below, rank - 1) + logChoices(above, n - rank) - logChoices(samples.count, n))
    }

    private func logChoices(_ count: Int, _ chosen: Int) -> Double {
        logFactorials[count] - logFactorials[chosen] - logFactorials[count - chosen]
    }

    /// The mean of `values` at the best of `n` samples by `scores`; where several score alike, each is as likely to be taken.
    ///
    /// - Parameter values: as many as `scores`, in the same order.
    public static func expected(_ values: [Double], atBestOf n: Int, by scores: [Double]) -> Double {
        precondition(values.count == scores.count, "\(values.count) values for \(scores.count) scores")
        let levels = Dictionary(grouping: zip(scores, values), by: \.0).mapValues {
            mean(of: $0.map(\.1)) ?? 0
        }
        let ascending = scores.sorted()
        let statistics = OrderStatistics(scores)
        return ascending.indices.reduce(0) { sum, index in
            sum + statistics.weight(of: index, rank: n, of: n) * (levels[ascending[index]] ?? 0)
        }
    }
}
