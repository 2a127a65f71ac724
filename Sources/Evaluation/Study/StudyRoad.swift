import Statistics

/// How far one training led away from the start, and what a judge gained on the way.
struct StudyRoad {
    struct Station {
        let name: String
        /// Mean divergence from the start over prompts, at least 0.
        let kl: Double
        /// Over the start's answers to the same prompt, in the judge's units.
        let gains: [Double?]
    }

    /// The start first, by distance.
    let stations: [Station]

    /// - Returns: `nil` where the distance was not measured.
    init?(_ training: ArmMeasurement, from start: ArmMeasurement, judge: String) {
        let base = start.scoresByPrompt(judge).map { mean(of: $0) }
        func station(_ name: String, _ divergence: [Double], _ scores: [Double?]) -> Station {
            let gains = zip(scores, base).map { score, base in
                score.flatMap { score in base.map { score - $0 } }
            }
            return Station(name: name, kl: max(0, mean(of: divergence) ?? 0), gains: gains)
        }
        let divergences = training.byPrompt(\.divergence)
        guard divergences.contains(where: { !$0.isEmpty }) else { return nil }
        let last = station(
            "end", divergences.compactMap { mean(of: $0) },
            training.scoresByPrompt(judge).map { mean(of: $0) })
        let way = training.stations.compactMap { found in
            found.scores[judge].map { station(found.name, found.divergence, $0) }
        }
        let first = Station(name: "start", kl: 0, gains: base.map { $0.map { _ in 0 } })
        stations = [first] + (way + [last]).sorted { $0.kl < $1.kl }
    }

    var farthest: Double { stations.last?.kl ?? 0 }

    /// The gains at a distance, between stations along √KL, in which what is learned grows about evenly; nil beyond the last.
    func gains(at kl: Double) -> [Double?]? {
        guard let after = stations.firstIndex(where: { $0.kl >= kl }) else { return nil }
        guard after > 0 else { return stations[0].gains }
        let (near, far) = (stations[after - 1], stations[after])
        let (low, high) = (near.kl.squareRoot(), far.kl.squareRoot())
        let share = high > low ? (kl.squareRoot() - low) / (high - low) : 1
        return zip(near.gains, far.gains).map { near, far in
            near.flatMap { near in far.map { near + share * ($0 - near) } }
        }
    }

    /// The largest distance that at least half of several arms reach with all their trainings; nil where none is measured.
    static func commonDistance(of arms: [[StudyRoad]]) -> Double? {
        let reached = arms.compactMap { $0.map(\.farthest).min() }.sorted()
        guard !reached.isEmpty else { return nil }
        let distance = reached[reached.count / 2]
        return distance > 0 ? distance : nil
    }
}

/// The mean over trainings and prompts of values of each training by prompt, where all trainings have one.
/// - Parameter areShares: whether they lie between 0 and 1.
func crossedMean(_ trainings: [[Double?]], areShares: Bool = false) -> SampledNumber? {
    guard let count = trainings.first?.count else { return nil }
    let known = (0..<count).filter { prompt in trainings.allSatisfy { $0[prompt] != nil } }
    let table = trainings.map { training in known.compactMap { training[$0] } }
    return areShares
        ? CrossedMean.sampled(shares: columnMeans(table), trainings: [table])
        : CrossedMean.sampled(prompts: columnMeans(table), trainings: [table])
}
