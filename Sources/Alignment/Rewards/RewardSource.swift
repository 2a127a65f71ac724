import Datasets

/// Scores finished responses for reinforcement learning.
public protocol RewardSource {
    /// One score per answer; nil where it cannot be scored, which leaves it out of training.
    func scores(of answers: [Answer]) throws -> [Double?]
}
