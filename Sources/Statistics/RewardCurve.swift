import Foundation

/// How a reward grows with the distance d = √KL from where a policy started, and where it turns, by the two forms of Gao,
/// Schulman and Hilton (*Scaling Laws for Reward Model Overoptimization*, 2022, section 3.1): α is how fast it rises at
/// first, β how soon that is used up.
public struct RewardCurve: Hashable, Sendable {
    public enum Form: String, Codable, Hashable, Sendable {
        /// d (α − β d), of the best of n answers.
        case bestOfN = "best_of_n"
        /// d (α − β log d), of a policy that learned.
        case learning
    }

    /// Means of equal rewards differ by no more.
    private static let rounding = 1e-12

    public let form: Form
    public let alpha: Double
    public let beta: Double

    public init(_ form: Form, alpha: Double, beta: Double) {
        (self.form, self.alpha, self.beta) = (form, alpha, beta)
    }

    /// The form that comes closest to what was measured, by least squares.
    ///
    /// - Parameters:
    ///   - distances: √KL of each station, at least 0; one of 0 says nothing.
    ///   - gains: of each, the reward less the start's.
    /// - Returns: nil with fewer than two different distances above 0, and where nothing was gained or lost anywhere.
    public init?(_ form: Form, distances: [Double], gains: [Double]) {
        let stations = zip(distances, gains).filter { $0.0 > 0 }
        guard stations.contains(where: { abs($0.1) > Self.rounding }) else { return nil }
        let features = stations.map { distance, _ in [distance, -distance * Self.used(form, distance)] }
        guard
            let fit = LeastSquares.coefficients(features: features, targets: stations.map(\.1))
        else { return nil }
        self.init(form, alpha: fit[0], beta: fit[1])
    }

    /// What β is multiplied by.
    private static func used(_ form: Form, _ distance: Double) -> Double {
        form == .bestOfN ? distance : log(distance)
    }

    /// The reward less the start's at a distance.
    public func gain(at distance: Double) -> Double {
        distance > 0 ? distance * (alpha - beta * Self.used(form, distance)) : 0
    }

    /// The distance from which on the reward falls; nil where it never does, or does so at once.
    public var peak: Double? {
        guard beta > 0 else { return nil }
        let peak = form == .bestOfN ? alpha / (2 * beta) : exp(alpha / beta - 1)
        return peak > 0 && peak.isFinite ? peak : nil
    }
}

/// A curve through stations of one road away from the start, with what the prompts leave open of it.
public struct RewardCurveEstimate: Hashable, Sendable {
    /// What was measured at one distance, on the same prompts as at every other.
    public struct Station: Sendable {
        /// For each prompt, in nats.
        public let divergences: [Double]
        /// For each prompt, the reward less the start's; nil where it has none.
        public let gains: [Double?]

        public init(divergences: [Double], gains: [Double?]) {
            precondition(divergences.count == gains.count, "as many divergences as gains")
            (self.divergences, self.gains) = (divergences, gains)
        }

        /// √KL over some prompts, each as often as it was drawn. Close to the start an estimate of a divergence can be
        /// below 0, where none is.
        func distance(_ drawn: [Int]) -> Double {
            max(0, Self.mean(divergences, drawn) ?? 0).squareRoot()
        }

        func gain(_ drawn: [Int]) -> Double? { Self.mean(gains, drawn) }

        private static func mean(_ values: [Double?], _ drawn: [Int]) -> Double? {
            var (sum, count) = (0.0, 0)
            for case (let value?, let times) in zip(values, drawn) {
                sum += Double(times) * value
                count += times
            }
            return count > 0 ? sum / Double(count) : nil
        }
    }

    public let curve: RewardCurve
    public let alpha: Estimate
    public let beta: Estimate
    /// The distance from which on the reward falls. Nil where it lies nowhere within ten times the farthest station; a bound
    /// is nil where that holds of too many draws.
    public let peak: Estimate?
    /// Of the stations.
    public let farthest: Double

    /// Whether the peak lies beyond every station: then the curve says so, and nobody has seen it.
    public var isExtrapolated: Bool { peak.map { $0.mean > farthest } ?? false }

    /// With fewer, any curve of two numbers fits.
    private static let fewestStations = 3
    private static let horizon = 10.0

    /// The curve, and intervals from drawing whole prompts again with all their stations.
    ///
    /// - Returns: nil with fewer than three stations away from the start.
    public init?(
        _ form: RewardCurve.Form, _ stations: [Station], bootstrap: Bootstrap = Bootstrap(),
        using generator: inout some RandomNumberGenerator
    ) {
        let prompts = stations.first?.divergences.count ?? 0
        let all = [Int](repeating: 1, count: prompts)
        let farthest = stations.map { $0.distance(all) }.max() ?? 0
        let limit = Self.horizon * farthest
        func curve(_ drawn: [Int]) -> RewardCurve? {
            let measured = stations.compactMap { station in
                station.gain(drawn).map { (distance: station.distance(drawn), gain: $0) }
            }
            return RewardCurve(form, distances: measured.map(\.distance), gains: measured.map(\.gain))
        }
        guard stations.count(where: { $0.distance(all) > 0 }) >= Self.fewestStations,
            let whole = curve(all)
        else { return nil }
        let estimates = bootstrap.estimates(ofKinds: all, using: &generator) { drawn in
            let fit = curve(drawn)
            return [fit?.alpha, fit?.beta, fit.map { min($0.peak ?? limit, limit) }]
        }
        guard let alpha = estimates[0], let beta = estimates[1], let peak = estimates[2] else { return nil }
        func seen(_ distance: Double?) -> Double? { distance.flatMap { $0 < limit ? $0 : nil } }
        (self.curve, self.alpha, self.beta, self.farthest) = (whole, alpha, beta, farthest)
        self.peak = seen(peak.mean).map { Estimate(mean: $0, low: seen(peak.low), high: seen(peak.high)) }
    }
}
