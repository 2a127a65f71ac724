import RandomNumbers
import Statistics

/// Whether people choose an answer because of where it is shown.
///
/// Sides are shuffled anew for every person and item, so without a bias every choice is one throw of a fair coin, even
/// where people agree about the item: the test is exact.
public struct PositionBias: Encodable, Hashable, Sendable {
    /// How often the answer that was shown first was chosen, of those comparisons that named one.
    public var firstShown: Share
    /// How probable it is that choices without a bias are at least as uneven.
    public var probability: Double

    /// - Returns: nil where nobody chose one of two.
    init?(_ judgments: [Judgment], aspect: String) {
        var first = 0
        var all = 0
        for judgment in judgments where judgment.showing == 0 {
            guard case .better(let position, _) = judgment.opinion.verdicts[aspect],
                judgment.arrangement.count == 2
            else { continue }
            all += 1
            if judgment.arrangement[0] == position { first += 1 }
        }
        guard let share = Share(first, of: all) else { return nil }
        firstShown = share
        probability = fairCoinProbability(heads: first, of: all)
    }
}

/// Whether people prefer longer answers. Longer answers may well be better: what is measured is a habit, not a fault.
public struct LengthBias: Encodable, Hashable, Sendable {
    /// How often the longer answer was preferred among pairs in which it is this many times as long.
    public struct Step: Encodable, Hashable, Sendable {
        public var fromRatio: Double
        /// Nil for the last step, which has no end.
        public var toRatio: Double?
        public var preferences: Int
        public var longer: Estimate
    }

    private static let ratios = [1, 1.1, 1.25, 1.5, 2, 3]

    /// Preferences between answers of different lengths; ties are left out.
    public var preferences: Int
    public var longer: Estimate
    public var steps: [Step]

    /// - Returns: nil without such preferences.
    init?(_ index: StudyIndex, using generator: inout SplitMix64) {
        var values: [Double] = []
        var ratios: [Double] = []
        var owners: [Int] = []
        for (place, group) in index.random.enumerated() {
            let lengths = index.items[group.item]?.responses.map { Double(max($0.length, 1)) } ?? []
            for judgment in group.judgments {
                for vote in judgment.opinion.verdicts[index.leadingAspect]?.preferences ?? [] {
                    guard vote.outcome != .tie, max(vote.first, vote.second) < lengths.count else { continue }
                    let (first, second) = (lengths[vote.first], lengths[vote.second])
                    guard first != second else { continue }
                    values.append((first > second) == (vote.outcome == .win) ? 1 : 0)
                    ratios.append(max(first, second) / min(first, second))
                    owners.append(place)
                }
            }
        }
        guard let longer = Bootstrap.live.mean(of: values, clusters: owners, using: &generator) else {
            return nil
        }
        self.longer = longer
        preferences = values.count
        steps = Self.ratios.indices.compactMap { step in
            let low = Self.ratios[step]
            let high = step + 1 < Self.ratios.count ? Self.ratios[step + 1] : nil
            let inside = ratios.indices.filter { ratios[$0] >= low && ratios[$0] < high ?? .infinity }
            return Bootstrap.live.mean(
                of: inside.map { values[$0] }, clusters: inside.map { owners[$0] }, using: &generator
            ).map { Step(fromRatio: low, toRatio: high, preferences: inside.count, longer: $0) }
        }
    }
}
