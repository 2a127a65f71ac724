import Statistics

/// Replaces groups of responses that teach nothing by those to further prompts, so that every step learns from as many
/// groups as it was to (Yu et al., "DAPO", 2025, equation 11).
///
/// A prompt whose answers are all right is left out like one whose answers are all wrong, so what is learned from is no
/// longer drawn as the prompts are: both are counted.
public struct DynamicSampling {
    public let groupSize: Int
    /// How often in a step groups are replaced, at most.
    public let maximumRefills: Int
    /// The score by the first reward from which a response is right.
    public let passScore: Double
    /// Whether each group of these responses can teach something.
    public let signals: (ScoredRollouts) throws -> [Bool]

    public init(
        groupSize: Int, maximumRefills: Int, passScore: Double,
        signals: @escaping (ScoredRollouts) throws -> [Bool]
    ) {
        self.groupSize = groupSize
        self.maximumRefills = maximumRefills
        self.passScore = passScore
        self.signals = signals
    }

    /// As many groups that teach something as `first` has groups, or fewer where no refill is left.
    ///
    /// - Parameter draw: so many further groups with their scores, for the refill of that number, counted from 1.
    func filled(
        _ first: ScoredRollouts, _ draw: (_ groups: Int, _ refill: Int) throws -> ScoredRollouts
    ) throws -> (kept: ScoredRollouts, tally: GroupTally) {
        var tally = GroupTally()
        let wanted = first.rollouts.count / groupSize
        var kept = try selected(first, &tally)
        while case let missing = wanted - kept.rollouts.count / groupSize, missing > 0 {
            guard tally[.refills] < maximumRefills else {
                tally[.missing] = missing
                break
            }
            tally[.refills] += 1
            kept = kept.appending(try selected(draw(missing, tally[.refills]), &tally))
        }
        return (kept, tally)
    }

    /// The groups that teach something; the others are counted.
    private func selected(_ batch: ScoredRollouts, _ tally: inout GroupTally) throws -> ScoredRollouts {
        let signals = try signals(batch)
        let passes = batch.scores.passes(at: passScore)
        tally.scores += batch.scores.totals.compactMap(\.self)
        var kept: [Int] = []
        for (group, hasSignal) in zip(batch.rollouts.indices.chunked(groupSize), signals) {
            tally[.drawn] += 1
            if hasSignal {
                kept += group
            } else {
                tally[.init(passes: passes[group])] += 1
            }
        }
        return batch.selecting(kept)
    }
}

/// What became of the groups that dynamic sampling drew.
struct GroupTally: Equatable {
    enum Count: String, CaseIterable {
        case drawn
        case refills = "count"
        /// Discarded, as all responses are right, or all are wrong.
        case allRight = "all_right"
        case allWrong = "all_wrong"
        /// Discarded for another reason: what told right from wrong had no score, or was cut off.
        case other
        /// Wanted, and not found within the refills allowed.
        case missing

        init(passes: some Collection<Bool?>) {
            self =
                passes.allSatisfy { $0 == true }
                ? .allRight : passes.allSatisfy { $0 == false } ? .allWrong : .other
        }
    }

    private var counts: [Count: Int] = [:]
    /// Of all responses that were drawn, the discarded ones among them.
    fileprivate var scores: [Double] = []

    subscript(count: Count) -> Int {
        get { counts[count] ?? 0 }
        set { counts[count] = newValue }
    }

    /// Adds up the groups of two steps.
    mutating func add(_ other: GroupTally) { counts.merge(other.counts, uniquingKeysWith: +) }

    /// The counts as a checkpoint keeps them, by the names that they have in metrics.
    var named: [String: Double] {
        Dictionary(uniqueKeysWithValues: Count.allCases.map { (Self.name($0), Double(self[$0])) })
    }

    /// The counts that a checkpoint kept, which are taken out of what it kept.
    func taking(from saved: inout [String: Double]) -> GroupTally {
        var tally = GroupTally()
        for count in Count.allCases { tally[count] = Int(saved.removeValue(forKey: Self.name(count)) ?? 0) }
        return tally
    }

    /// Of one step. The mean score of what is learned from says little, as all right and all wrong are missing from it.
    var metrics: Metrics {
        var metrics = Metrics()
        for count in Count.allCases { metrics[Self.name(count)] = Double(self[count]) }
        if !scores.isEmpty { metrics["refills/reward"] = Moments(scores).mean }
        return metrics
    }

    private static func name(_ count: Count) -> String { "refills/\(count.rawValue)" }

    /// That a step found too little, in words.
    var shortage: String {
        "too few groups have a signal, \(self[.missing]) missing after refill \(self[.refills]): of \(self[.drawn]) drawn "
            + "\(self[.allRight]) all right, \(self[.allWrong]) all wrong; the step learns from what there is"
    }

    /// What people should know of a whole run.
    var note: String {
        let discarded = self[.allRight] + self[.allWrong] + self[.other]
        return "dynamic sampling drew \(self[.drawn]) groups and discarded \(discarded) without a signal: "
            + "\(self[.allRight]) all right, \(self[.allWrong]) all wrong, \(self[.other]) for other reasons; "
            + "refills: \(self[.refills]), groups still missing from their steps: \(self[.missing])"
    }
}
