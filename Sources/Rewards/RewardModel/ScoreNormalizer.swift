import Statistics

/// Mean and deviation of a reward model's scores over reference responses, so that a score says how far an answer is from the
/// usual one (Stiennon et al., "Learning to Summarize from Human Feedback", 2020, §3.4, for the mean).
public struct ScoreNormalizer: Codable, Equatable, Sendable {
    /// [1 + G][A]: of the shared model and of each group, an aspect each.
    public let means: [[Double]]
    public let deviations: [[Double]]
    /// How many responses they were taken over.
    public let responses: Int

    enum CodingKeys: String, CodingKey {
        case means, responses
        case deviations = "standard_deviations"
    }

    /// - Parameter scores: of each reference response, [1 + G][A].
    package init?(_ scores: [[[Double]]]) {
        guard let first = scores.first, scores.count > 1 else { return nil }
        let moments = first.indices.map { view in
            first[view].indices.map { aspect in Moments(scores.map { $0[view][aspect] }) }
        }
        means = moments.map { $0.map(\.mean) }
        deviations = moments.map { $0.map(\.deviation) }
        responses = scores.count
    }

    /// Scores [1 + G][A] in deviations from the mean. One that never varied says nothing: it becomes 0.
    func normalized(_ scores: [[Double]]) -> [[Double]] {
        scores.indices.map { view in
            scores[view].indices.map { aspect in
                let deviation = deviations[view][aspect]
                return deviation > 0 ? (scores[view][aspect] - means[view][aspect]) / deviation : 0
            }
        }
    }
}
