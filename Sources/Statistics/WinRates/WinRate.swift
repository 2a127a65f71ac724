/// What became of one answer when it was compared with another answer to the same prompt.
public enum Outcome: String, Codable, Hashable, Sendable {
    case win, tie, loss

    /// A win counts one, a tie one half.
    public var value: Double {
        switch self {
        case .win: 1
        case .tie: 0.5
        case .loss: 0
        }
    }

    /// - Parameter tolerance: scores no further apart than this are a tie.
    public init(score: Double, against other: Double, tolerance: Double = 0) {
        if abs(score - other) <= tolerance {
            self = .tie
        } else {
            self = score > other ? .win : .loss
        }
    }
}

/// Wins, ties and losses of one arm against another.
public struct WinRate: Codable, Hashable, Sendable {
    public var wins: Int
    public var ties: Int
    public var losses: Int
    /// `(wins + ties / 2) / all`; 0.5 means that neither arm is preferred.
    public var rate: Estimate

    /// - Parameter clusters: for every outcome, the prompt it belongs to (``Bootstrap``).
    /// - Returns: `nil` when there are no outcomes.
    public init?(
        _ outcomes: [Outcome], clusters: [Int]? = nil, bootstrap: Bootstrap = Bootstrap(),
        using generator: inout some RandomNumberGenerator
    ) {
        guard let rate = bootstrap.share(of: outcomes.map(\.value), clusters: clusters, using: &generator)
        else {
            return nil
        }
        self.wins = outcomes.count { $0 == .win }
        self.ties = outcomes.count { $0 == .tie }
        self.losses = outcomes.count { $0 == .loss }
        self.rate = rate
    }
}
