extension Report {
    /// How each number was made. The defaults say what a number is; whoever measured it adds sampler settings,
    /// seeds and files.
    public struct Notes: Codable, Hashable, Sendable {
        public var answers: String
        public var winRate: String
        public var lengthControlledWinRate: String
        public var composition: String
        public var topics: String
        public var refusals: String
        public var score: String
        public var kl: String
        public var length: String
        public var eosRate: String
        public var distinct2: String
        public var perplexity: String
        public var rewardModelScore: String
        public var rewardModel: String
        public var people: String
        public var curves: String
        public var frontier: String
        public var stages: String

        private enum CodingKeys: String, CodingKey {
            case answers, composition, topics, refusals, score, kl, length, perplexity, people, curves,
                frontier
            case stages
            case winRate = "win_rate"
            case lengthControlledWinRate = "length_controlled_win_rate"
            case eosRate = "eos_rate"
            case distinct2 = "distinct_2"
            case rewardModelScore = "reward_model_score"
            case rewardModel = "reward_model"
        }

        public init(
            answers: String =
                "Every arm answers the same prompts with the same sampler settings. The answers shown are the first in the order of the file, not picked.",
            winRate: String = "The annotator's score of the arm's answer is compared with the score of the "
                + "reference's answer to the same prompt; the higher one wins, equal scores count one half. The "
                + "interval is the middle 95 % of a percentile bootstrap that draws whole prompts with replacement; where "
                + "all prompts say the same, which drawing cannot spread, it is Wilson's for that many prompts.",
            lengthControlledWinRate: String =
                "A logistic model of the preference, σ(θ + φ tanh(d / s)) with the difference d of the two answers' lengths in "
                + "characters and its standard deviation s, fitted by maximum likelihood (after length-controlled "
                + "AlpacaEval); the rate is σ(θ), what it expects at d = 0. A tie is one half. Intervals as for the win rate, "
                + "with the model fitted to every draw.",
            composition: String =
                "Every comparison with an answer of the reference, by whether both answers ended before the token budget "
                + "did, and by whose answer has more characters. Intervals as for the win rate, over these comparisons "
                + "alone.",
            topics: String =
                "The win rate on the prompts whose column topic says the same; intervals as for the win rate. With many topics "
                + "one interval in twenty lies beside 50 % by chance.",
            refusals: String =
                "Whether a prompt asks for harm is what its column harmful says; whether an answer declines is what phrases of "
                + "refusal in its first two sentences say, as a program finds them, whoever judges. An answer without a word "
                + "neither declines nor answers; one that was cut off is what it had come to. Intervals as for the win rate. A "
                + "change against the reference is the mean over prompts of the difference of shares, with whole prompts drawn.",
            score: String =
                "The annotator's score, averaged over all answers; intervals as for the win rate.",
            kl: String = "How far the arm moved from the reference: the mean over its own answers of "
                + "log p(answer | arm) − log p(answer | reference), in nats for a whole answer; intervals as for the win "
                + "rate.",
            length: String = "Mean number of tokens of an answer, its end mark included.",
            eosRate: String =
                "The share of answers that the model ended itself before its token budget ran out.",
            distinct2: String =
                "Different pairs of neighbouring words over all such pairs, all answers taken "
                + "together. It falls when an arm repeats itself or says the same to every prompt.",
            perplexity: String =
                "The exponential of the mean negative log-likelihood of a token on held-out plain "
                + "text; lower is better. A rise is what alignment cost in general ability.",
            rewardModelScore: String =
                "A reward model's score, averaged over all answers; intervals as for the win rate. Arms that were "
                + "trained to raise it are flattered by it.",
            rewardModel: String = "Measured on judgments of held-out prompts that the reward model was not "
                + "trained on: every comparison, every pair that a ranking puts in order, two marks on one scale in "
                + "neighbouring rows, every thumb against its offset. Each is scored by the head of its own aspect and "
                + "group. Intervals draw whole prompts with replacement. Length alone is a logistic regression on the "
                + "answers' lengths, fitted to the rows that the model was trained on; for a model that brings none it is "
                + "always the longer answer. The difference to it is taken choice by choice, so that what is hard for both "
                + "cancels. The calibration error is the mean distance of confidence from agreement "
                + "over bins, weighted by their size; vertical lines are 95 % Wilson intervals.",
            people: String =
                "People saw two answers to a prompt at a time, on sides drawn by chance, without names. Strengths are "
                + "those under which the votes are most likely (Bradley and Terry), a tie as half a win for both, with "
                + "one vote in advance for each arm against the mean; intervals as for the win rate, all votes on a "
                + "prompt together.",
            curves: String =
                "Every optimizer step's number, as in the run's metrics.jsonl. Where there are more "
                + "steps than pixels, a line is the mean of neighbouring steps and its band their range.",
            frontier: String =
                "Stations of a run are its checkpoints and its final model, those of a run in rounds each round's. Gains are "
                + "a reward's mean over the answers to a prompt less that of the start's answers, averaged over prompts; in "
                + "pictures they are counted in standard deviations of single answers of the start. The best of n is the mean "
                + "over all ways to draw n of a prompt's answers. Curves are the forms of Gao, Schulman and Hilton (2022), "
                + "with d = √KL: d (α − β d) for the best of n, d (α − β log d) for what learned, by least squares. "
                + "Intervals draw whole prompts with all stations and fit again, and say nothing of other seeds; an end of the turn's that is missing lies "
                + "further than ten times the farthest station.",
            stages: String = "Wall-clock time on the machine that made this report."
        ) {
            self.answers = answers
            self.winRate = winRate
            self.lengthControlledWinRate = lengthControlledWinRate
            self.composition = composition
            self.topics = topics
            self.refusals = refusals
            self.score = score
            self.kl = kl
            self.length = length
            self.eosRate = eosRate
            self.distinct2 = distinct2
            self.perplexity = perplexity
            self.rewardModelScore = rewardModelScore
            self.rewardModel = rewardModel
            self.people = people
            self.curves = curves
            self.frontier = frontier
            self.stages = stages
        }
    }
}
