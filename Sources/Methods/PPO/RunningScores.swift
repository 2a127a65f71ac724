/// Mean and deviation of all scores so far, by Welford's updates.
struct RunningScores: Codable, Equatable {
    private var count = 0.0
    private var mean = 0.0
    private var sumOfSquares = 0.0

    /// Unbiased; 0 for fewer than two.
    var deviation: Double { count > 1 ? (sumOfSquares / (count - 1)).squareRoot() : 0 }

    mutating func add(_ scores: [Double]) {
        for score in scores {
            count += 1
            let difference = score - mean
            mean += difference / count
            sumOfSquares += difference * (score - mean)
        }
    }

    /// What is learned in place of a score. Scores that never varied have no scale, and keep theirs.
    func normalized(_ score: Double, _ settings: ScoreNormalization) -> Double {
        let scale = deviation > 0 ? deviation : 1
        let normalized =
            switch settings.kind {
            case .none: score
            case .scale: score / scale
            case .standard: (score - mean) / scale
            }
        return settings.clip.map { min(max(normalized, -$0), $0) } ?? normalized
    }
}
