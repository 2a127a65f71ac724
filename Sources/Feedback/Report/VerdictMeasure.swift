import Statistics

/// What of a verdict is compared between people.
public enum VerdictMeasure: String, Codable, CaseIterable, Hashable, Sendable {
    /// Which of two is better, a tie, or both bad: four names.
    case choice
    /// How much better the second of two is, from −4 to 4, with a tie in the middle; nothing where both are bad.
    case strength
    /// Every pair that a ranking puts in order: the first better, a tie, the second better. So rankings of any length
    /// agree by the share of pairs that they order alike, as in Kendall's τ.
    case order
    /// The mark of every answer.
    case mark
    /// Whether an answer is good, for every answer.
    case thumb

    /// What is measured where people do this.
    static func measures(of definition: ProjectDefinition) -> [VerdictMeasure] {
        switch definition.task {
        case .compare, .chat: definition.strengths > 1 ? [.choice, .strength] : [.choice]
        case .rank: [.order]
        case .rate: [.mark]
        case .thumbs: [.thumb]
        case .edit: []
        }
    }

    /// The scale of Krippendorff's α.
    public var scale: MeasurementScale {
        switch self {
        case .choice, .thumb: .nominal
        case .strength, .order, .mark: .ordinal
        }
    }

    /// The weights of Cohen's κ.
    public var weight: DisagreementWeight {
        switch self {
        case .choice, .thumb: .equal
        case .order: .linear
        case .strength, .mark: .quadratic
        }
    }
}

extension ItemVerdict {
    /// The verdict as values, one for each unit of the item; none where it says nothing of this kind.
    func values(_ measure: VerdictMeasure) -> [Int] {
        switch self {
        case .better(let position, let strength):
            switch measure {
            case .choice: [position]
            case .strength: [position == 0 ? -strength : strength]
            case .order, .mark, .thumb: []
            }
        case .tie:
            switch measure {
            case .choice: [2]
            case .strength: [0]
            case .order, .mark, .thumb: []
            }
        case .bothBad: measure == .choice ? [3] : []
        case .ranking: measure == .order ? preferences.map { Int(($0.outcome.value * 2).rounded()) } : []
        case .marks(let marks): measure == .mark ? marks : []
        case .thumbs(let thumbs): measure == .thumb ? thumbs.map { $0 ? 1 : 0 } : []
        }
    }

    /// What the verdict says about every pair of answers, by position. Both bad is a tie: it prefers neither.
    var preferences: [ArmVote] {
        switch self {
        case .better(let position, _): [ArmVote(0, position == 0 ? .win : .loss, against: 1)]
        case .tie, .bothBad: [ArmVote(0, .tie, against: 1)]
        // The best has rank 1.
        case .ranking(let ranks): Self.pairs(of: ranks.map { -Double($0) })
        case .marks(let marks): Self.pairs(of: marks.map(Double.init))
        case .thumbs(let thumbs): Self.pairs(of: thumbs.map { $0 ? 1 : 0 })
        }
    }

    private static func pairs(of scores: [Double]) -> [ArmVote] {
        scores.indices.flatMap { first in
            scores.indices.dropFirst(first + 1).map { second in
                ArmVote(first, Outcome(score: scores[first], against: scores[second]), against: second)
            }
        }
    }
}
