import Foundation
import Rewards

/// Scores an answer by the number that it consists of.
public struct NumberReward: Reward {
    public let name = "number"
    public let description = "A program that reads numbers."

    public init() {}

    public func scores(of inputs: [RewardInput]) -> [Double?] {
        inputs.map { Double($0.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? .nan }
    }
}
