import Foundation
import Statistics

/// Groups whose wishes differ: what was measured on the policies that learned from their judgments.
public struct GroupsInput: Sendable {
    /// A group, by whose judge every policy is measured.
    public struct Group: Codable, Hashable, Sendable {
        public var name: String
        /// Where its judgments come from, and who measures in its place.
        public var description: String

        public init(name: String, description: String) {
            (self.name, self.description) = (name, description)
        }
    }

    /// A model that learned from the judgments of one group, of all, or of all with some counted more.
    public struct Policy: Sendable {
        public var name: String
        public var description: String
        /// One for each training that could be measured, judged by every group.
        public var seeds: [ArmMeasurement]

        public init(name: String, description: String, seeds: [ArmMeasurement]) {
            (self.name, self.description, self.seeds) = (name, description, seeds)
        }
    }

    /// How much of what the policy for the worst-off learns is a group's.
    public struct Share: Codable, Hashable, Sendable {
        public var group: String
        /// Of the pooled policy against the start by the group's judge, on validation prompts.
        public var winRate: Double
        /// Of the judgments.
        public var share: Double

        private enum CodingKeys: String, CodingKey {
            case group, share
            case winRate = "win_rate_on_validation"
        }
    }

    /// The arm by which every policy is made.
    public var arm: String
    public var groups: [Group]
    public var policies: [Policy]
    /// The policy of all judgments.
    public var pooled: String
    public var start: ArmMeasurement
    public var shares: [Share]
    public var habits: JudgmentHabits?

    public init(
        arm: String, groups: [Group], policies: [Policy], pooled: String, start: ArmMeasurement,
        shares: [Share], habits: JudgmentHabits?
    ) {
        (self.arm, self.groups, self.policies, self.pooled) = (arm, groups, policies, pooled)
        (self.start, self.shares, self.habits) = (start, shares, habits)
    }

    /// Shares of the judgments in favour of those whom a policy serves least: one step of multiplicative weights, as in group
    /// DRO (Sagawa and others, *Distributionally Robust Neural Networks*, 2020), towards the largest of the smallest win rates
    /// (Chakraborty and others, *MaxMin-RLHF*, 2024). A group's share is proportional to exp(−`favour` · win rate).
    public static func shares(
        winRates: [(group: String, rate: Double)], favour: Double
    ) -> [Share] {
        let weights = winRates.map { exp(-favour * $0.rate) }
        let sum = weights.reduce(0, +)
        return zip(winRates, weights).map { Share(group: $0.group, winRate: $0.rate, share: $1 / sum) }
    }
}

/// What came of it: `groups` in `study.json`.
public struct GroupsReport: Codable, Hashable, Sendable {
    /// A policy against the start, by a group's judge.
    public struct Cell: Codable, Hashable, Sendable {
        public var policy: String
        public var group: String
        public var winRate: Estimate
        /// Adjusted for the number of cells.
        public var adjusted: Double
        /// Whether the group is better or worse off than with the start.
        public var verdict: StudyReport.Verdict

        private enum CodingKeys: String, CodingKey {
            case policy, group, verdict
            case winRate = "win_rate"
            case adjusted = "p_adjusted"
        }
    }

    public struct Policy: Codable, Hashable, Sendable {
        public var name: String
        public var description: String
        public var seeds: Int
    }

    /// How the pooled policy's shift follows a group's.
    public struct Shift: Codable, Hashable, Sendable {
        public var group: String
        /// Pearson's correlation, over the start's answers to held-out prompts, of by how much the pooled policy and the group's
        /// own make them more probable.
        public var correlation: Estimate
        /// Its square: the share of the pooled policy's shift that the group's explains.
        public var explained: Double
    }

    public var arm: String
    public var groups: [GroupsInput.Group]
    public var policies: [Policy]
    public var pooled: String
    public var cells: [Cell]
    public var shares: [GroupsInput.Share]
    public var shifts: [Shift]
    public var habits: JudgmentHabits?

    func cell(_ policy: String, _ group: String) -> Cell? {
        cells.first { $0.policy == policy && $0.group == group }
    }
}
