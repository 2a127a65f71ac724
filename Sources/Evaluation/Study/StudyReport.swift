import Foundation
import Statistics

/// What a study found: the content of `study.json`, and what `study.html` shows.
///
/// The keys of `report.json` are among its own. What was not measured is `null`, never 0.
public struct StudyReport: Codable, Hashable, Sendable {
    /// An arm with what its trainings have in common.
    public struct Arm: Codable, Hashable, Sendable {
        public var name: String
        public var description: String
        /// Trainings that were measured.
        public var seeds: Int
        public var failures: [String]
        public var isExploratory: Bool
        /// Against the start, by the first judge.
        public var winRate: Estimate?
        /// The same of each training.
        public var seedWinRates: [Double]
        /// By every judge.
        public var winRates: [String: Estimate]
        /// The first judge's.
        public var score: Estimate?
        /// From the start, in nats for a whole answer.
        public var kl: Double?
        public var klInterval: Estimate?
        public var length: Double?
        public var eosRate: Double?
        public var distinct2: Double?
        public var perplexity: Double?
        public var capabilities: [Capability]
        /// How often the reward that was maximised and the first judge put an answer and the start's in the same order.
        public var proxyAgreement: Estimate?
        /// What the first judge gains at the distance that is the same for all; nil where the arm does not go so far.
        public var matchedGain: Estimate?
        /// The way to the arm, each station the mean of its trainings.
        public var path: [Station]
        public var cost: Cost
        public var trials: [StudyInput.Trial]
        public var samples: [Report.Sample]

        private enum CodingKeys: String, CodingKey {
            case name, description, seeds, failures, score, kl, length, perplexity, capabilities, path, cost,
                trials,
                samples
            case isExploratory = "exploratory"
            case winRate = "win_rate"
            case seedWinRates = "win_rate_of_seeds"
            case winRates = "win_rate_by_judge"
            case klInterval = "kl_interval"
            case eosRate = "eos_rate"
            case distinct2 = "distinct_2"
            case proxyAgreement = "proxy_agreement"
            case matchedGain = "gain_at_matched_kl"
        }

        /// What was not measured is written as `null`.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(description, forKey: .description)
            try container.encode(seeds, forKey: .seeds)
            try container.encode(failures, forKey: .failures)
            try container.encode(isExploratory, forKey: .isExploratory)
            try container.encode(winRate, forKey: .winRate)
            try container.encode(seedWinRates, forKey: .seedWinRates)
            try container.encode(winRates, forKey: .winRates)
            try container.encode(score, forKey: .score)
            try container.encode(kl, forKey: .kl)
            try container.encode(klInterval, forKey: .klInterval)
            try container.encode(length, forKey: .length)
            try container.encode(eosRate, forKey: .eosRate)
            try container.encode(distinct2, forKey: .distinct2)
            try container.encode(perplexity, forKey: .perplexity)
            try container.encode(capabilities, forKey: .capabilities)
            try container.encode(proxyAgreement, forKey: .proxyAgreement)
            try container.encode(matchedGain, forKey: .matchedGain)
            try container.encode(path, forKey: .path)
            try container.encode(cost, forKey: .cost)
            try container.encode(trials, forKey: .trials)
            try container.encode(samples, forKey: .samples)
        }
    }

    public struct Station: Codable, Hashable, Sendable {
        public var name: String
        public var kl: Estimate
        /// Of the first judge's score, over the start's.
        public var gain: Estimate
    }

    /// Of one training, and of all that was tried before.
    public struct Cost: Codable, Hashable, Sendable {
        public var updates: Double
        public var trained: Double
        public var sampled: Double
        public var seconds: Double?
        /// The most bytes that the process had in memory during any of the trainings; nil where nobody knows.
        public var peakMemory: Int?
        /// Of the search: all its trainings together.
        public var search: ArmMeasurement.Cost
        public var searchSeconds: Double?
        /// The parts of the budget that a training exceeded, in words.
        public var excess: [String]

        private enum CodingKeys: String, CodingKey {
            case updates, trained, sampled, seconds, search, excess
            case searchSeconds = "search_seconds"
            case peakMemory = "peak_memory"
        }
    }

    /// Two arms beside each other, by one judge.
    public struct Comparison: Codable, Hashable, Sendable {
        public var first: String
        public var second: String
        public var judge: String
        /// How often the first's answers were preferred.
        public var winRate: Estimate
        /// At equal length; nil where the answers do not tell.
        public var lengthControlled: Estimate?
        public var probability: Double
        /// Adjusted for the number of comparisons; nil for one that was not planned, of which nothing is decided.
        public var adjusted: Double?
        public var verdict: Verdict

        private enum CodingKeys: String, CodingKey {
            case first, second, judge, verdict
            case winRate = "win_rate"
            case lengthControlled = "length_controlled_win_rate"
            case probability = "p"
            case adjusted = "p_adjusted"
        }
    }

    public enum Verdict: String, Codable, Hashable, Sendable {
        case better, worse
        /// The whole interval lies nearer to one half than the smallest effect of interest.
        case alike
        case undecided
    }

    public var title: String
    public var created: Date
    public var command: String
    public var seconds: Double
    public var arms: [Arm]
    /// The start's name, and what it is.
    public var reference: String
    public var prompts: Int
    /// The first judge.
    public var annotator: String
    public var judges: [StudyInput.Judge]
    public var comparisons: [Comparison]
    /// The divergence at which gains are compared, in nats; nil where no way is known.
    public var matchedKL: Double?
    /// Standard deviation of an arm's win rate from one training to the next, all arms together; nil with one training each.
    public var spreadOfSeeds: Double?
    /// Of the arms' win rates against the start.
    public var spreadOfArms: Double?
    /// Which difference in win rate would have been found with the stated power.
    public var detectable: Double?
    public var criterion: String?
    public var budget: StudyInput.Budget
    public var analysis: StudyInput.Analysis
    public var registration: StudyInput.Registration
    public var rewardModel: Report.RewardModelQuality?
    public var methods: [String]
    /// Whose preferences were learned; nil where the file names no groups.
    public var groups: GroupsReport?
    /// What people said; nil where nobody was asked.
    public var people: StudyPeople?
    /// What failed besides arms, in words.
    public var failures: [String]
    /// The answer in sentences that follow from the numbers.
    public var summary: [String]

    private enum CodingKeys: String, CodingKey {
        case title, created, command, seconds, arms, reference, prompts, annotator, judges, comparisons,
            criterion,
            budget, analysis, registration, methods, groups, people, failures, summary, detectable
        case matchedKL = "matched_kl"
        case spreadOfSeeds = "spread_of_seeds"
        case spreadOfArms = "spread_of_arms"
        case rewardModel = "reward_model"
    }

    /// Those that are decided.
    var planned: [Comparison] { comparisons.filter { $0.adjusted != nil } }

    /// The arms that are compared with the start.
    var challengers: [Arm] { arms.filter { $0.name != reference } }

    func arm(_ name: String) -> Arm? { arms.first { $0.name == name } }

    /// The neutral first style for the start, the others in order.
    func style(of name: String) -> Int { (challengers.firstIndex { $0.name == name } ?? -1) + 1 }

    /// How the first of two arms did against the second, whichever way round they were compared.
    func comparison(_ first: String, _ second: String, judge: String) -> Comparison? {
        if let found = comparisons.first(where: {
            $0.first == first && $0.second == second && $0.judge == judge
        }) {
            return found
        }
        return comparisons.first { $0.first == second && $0.second == first && $0.judge == judge }?.reversed
    }

    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return try encoder.encode(self)
    }
}

extension StudyReport.Comparison {
    fileprivate var reversed: Self {
        var other = self
        (other.first, other.second) = (second, first)
        other.winRate = winRate.complement
        other.lengthControlled = lengthControlled?.complement
        other.verdict =
            switch verdict {
            case .better: .worse
            case .worse: .better
            case .alike, .undecided: verdict
            }
        return other
    }
}

extension Estimate {
    /// The other side of a share.
    fileprivate var complement: Estimate {
        Estimate(mean: 1 - mean, low: high.map { 1 - $0 }, high: low.map { 1 - $0 })
    }
}
