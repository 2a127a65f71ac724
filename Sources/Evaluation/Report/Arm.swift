import Statistics

extension Report {
    /// One model that was evaluated.
    public struct Arm: Codable, Hashable, Sendable {
        public var name: String
        /// The arm whose model training began with; nil where none of the runs in the report says so.
        public var madeFrom: String?
        /// Against the reference, ties counted half.
        public var winRate: Estimate?
        /// What the win rate would be if answers were as long as the reference's (``LengthControlledWinRate``).
        public var lengthControlledWinRate: Estimate?
        public var composition: Composition?
        /// Nil where prompts have no topics.
        public var topics: [TopicRate]?
        /// Nil where no prompt says whether it asks for harm.
        public var refusals: Refusals?
        /// The annotator's score of an answer.
        public var score: Estimate?
        /// The divergence from the reference, in nats for a whole answer. In `report.json` the mean is `kl`, as the
        /// contract has it, and all of it `kl_interval`.
        public var kl: Estimate?
        /// Nil for an arm whose answers are taken as they come.
        public var bestOf: BestOf?
        /// Mean tokens of an answer.
        public var length: Double?
        /// The share of answers that ended before the token budget did.
        public var eosRate: Double?
        public var distinct2: Double?
        /// On held-out plain text: what alignment cost.
        public var perplexity: Double?
        /// What a reward model says of the answers, where one was asked beside the annotator.
        public var rewardModelScore: Estimate?
        public var samples: [Sample]
        /// Where the arm was on its way, in the units of the arm's own `kl` and `score`.
        public var path: [PathPoint]

        private enum CodingKeys: String, CodingKey {
            case name, score, length, perplexity, samples, path, composition, topics, refusals
            case madeFrom = "made_from"
            case bestOf = "best_of"
            case lengthControlledWinRate = "length_controlled_win_rate"
            case kl = "kl_interval"
            case winRate = "win_rate"
            case eosRate = "eos_rate"
            case distinct2 = "distinct_2"
            case rewardModelScore = "reward_model_score"
        }

        private enum MeanKeys: String, CodingKey { case kl }

        public init(
            name: String, madeFrom: String? = nil, winRate: Estimate? = nil,
            lengthControlledWinRate: Estimate? = nil,
            composition: Composition? = nil, topics: [TopicRate]? = nil, refusals: Refusals? = nil,
            score: Estimate? = nil, kl: Estimate? = nil, bestOf: BestOf? = nil, length: Double? = nil,
            eosRate: Double? = nil,
            distinct2: Double? = nil,
            perplexity: Double? = nil, rewardModelScore: Estimate? = nil, samples: [Sample] = [],
            path: [PathPoint] = []
        ) {
            self.name = name
            self.madeFrom = madeFrom
            self.winRate = winRate
            self.lengthControlledWinRate = lengthControlledWinRate
            self.composition = composition
            self.topics = topics
            self.refusals = refusals
            self.score = score
            self.kl = kl
            self.bestOf = bestOf
            self.length = length
            self.eosRate = eosRate
            self.distinct2 = distinct2
            self.perplexity = perplexity
            self.rewardModelScore = rewardModelScore
            self.samples = samples
            self.path = path
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(madeFrom, forKey: .madeFrom)
            try container.encode(winRate, forKey: .winRate)
            try container.encode(lengthControlledWinRate, forKey: .lengthControlledWinRate)
            try container.encode(composition, forKey: .composition)
            try container.encode(topics, forKey: .topics)
            try container.encode(refusals, forKey: .refusals)
            try container.encode(score, forKey: .score)
            try container.encode(kl, forKey: .kl)
            try container.encode(bestOf, forKey: .bestOf)
            try container.encode(length, forKey: .length)
            try container.encode(eosRate, forKey: .eosRate)
            try container.encode(distinct2, forKey: .distinct2)
            try container.encode(perplexity, forKey: .perplexity)
            try container.encode(rewardModelScore, forKey: .rewardModelScore)
            try container.encode(samples, forKey: .samples)
            try container.encode(path, forKey: .path)
            var means = encoder.container(keyedBy: MeanKeys.self)
            try means.encode(kl?.mean, forKey: .kl)
        }
    }

    /// How an arm's answers were chosen among several.
    public struct BestOf: Codable, Hashable, Sendable {
        public var n: Int
        /// The reward that chose.
        public var chosenBy: String
        /// What choosing alone moved, in nats: an upper bound (``BestOfN/divergenceBound(_:)``).
        public var klBound: Double
        /// The same, estimated from how often answers to one prompt scored alike (``BestOfN/divergence(_:scores:)``).
        public var klOfChoice: Estimate?

        private enum CodingKeys: String, CodingKey {
            case n
            case chosenBy = "chosen_by"
            case klBound = "kl_bound"
            case klOfChoice = "kl_of_choice"
        }
    }

    /// One answer of an arm.
    public struct Sample: Codable, Hashable, Sendable {
        public var prompt: String
        public var text: String
        public var score: Double?
        public var isFinished: Bool
        /// Against the reference's answer to the same prompt.
        public var outcome: Outcome?

        private enum CodingKeys: String, CodingKey {
            case prompt, text, score, outcome
            case isFinished = "finished"
        }

        public init(prompt: String, text: String, score: Double?, isFinished: Bool, outcome: Outcome? = nil) {
            self.prompt = prompt
            self.text = text
            self.score = score
            self.isFinished = isFinished
            self.outcome = outcome
        }

        /// The length that a judge sees, in characters.
        var length: Int { text.unicodeScalars.count }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(prompt, forKey: .prompt)
            try container.encode(text, forKey: .text)
            try container.encode(score, forKey: .score)
            try container.encode(isFinished, forKey: .isFinished)
            try container.encode(outcome, forKey: .outcome)
        }
    }

    public struct PathPoint: Codable, Hashable, Sendable {
        public var step: Int
        public var kl: Double
        public var score: Double

        public init(step: Int, kl: Double, score: Double) {
            self.step = step
            self.kl = kl
            self.score = score
        }
    }
}
