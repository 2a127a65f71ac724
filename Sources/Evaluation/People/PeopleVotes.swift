import Feedback
import RandomNumbers
import Statistics

/// What people said about the answers of arms.
struct PeopleVotes {
    /// What one person said about one pair of answers, or nobody needed to say about equal ones.
    struct Vote {
        let prompt: Int
        let first: Int
        let second: Int
        let texts: [String]
        /// Of the first.
        let outcome: Outcome

        /// What became of the answer of `arm` against that of `other`; nil for a vote between others.
        func outcome(of arm: Int, against other: Int) -> Outcome? {
            if (first, second) == (arm, other) { return outcome }
            return (first, second) == (other, arm) ? outcome.reversed : nil
        }

        func isAbout(_ answer: ArmAnswer, of arm: Int) -> Bool {
            answer.prompt == prompt && answer.text == (first == arm ? texts[0] : texts[1])
        }
    }

    let store: String
    let project: String
    private(set) var all: [Vote] = []
    private(set) var people: Set<Annotator.ID> = []
    private(set) var equalAnswers = 0
    private(set) var items = 0
    /// Of every item with votes, these as numbers.
    private var ratings: [[Int]] = []
    private var ratedPrompts: [Int] = []

    init(store: String, project: String) {
        self.store = store
        self.project = project
    }

    mutating func add(
        _ outcomes: [(annotator: Annotator.ID, outcome: Outcome)], on texts: [String], prompt: Int,
        between first: Int, and second: Int
    ) {
        guard !outcomes.isEmpty else { return }
        items += 1
        for (annotator, outcome) in outcomes {
            people.insert(annotator)
            all.append(Vote(prompt: prompt, first: first, second: second, texts: texts, outcome: outcome))
        }
        ratings.append(outcomes.map { Int(2 * $0.outcome.value) })
        ratedPrompts.append(prompt)
    }

    mutating func addTie(_ text: String, prompt: Int, between first: Int, and second: Int) {
        equalAnswers += 1
        all.append(Vote(prompt: prompt, first: first, second: second, texts: [text, text], outcome: .tie))
    }

    /// How often an arm's answers were preferred to another's, with an interval from drawing prompts.
    private func winRate(of arm: Int, against other: Int, seed: UInt64) -> WinRate? {
        let met = all.compactMap { vote in
            vote.outcome(of: arm, against: other).map { (prompt: vote.prompt, outcome: $0) }
        }
        var random = RandomSource(seed: seed)
        return WinRate(met.map(\.outcome), clusters: met.map(\.prompt), using: &random)
    }

    /// What most said about an answer of an arm against the other arm's answer; nil where nobody voted.
    func outcome(of answer: ArmAnswer, by arm: Int, against other: Int) -> Outcome? {
        let values = all.filter { $0.isAbout(answer, of: arm) }
            .compactMap { $0.outcome(of: arm, against: other)?.value }
        return mean(of: values).map { Outcome(score: $0, against: 0.5) }
    }

    /// All that a report says about the votes.
    func summary(arms: [String], seed: UInt64) -> Report.People {
        var random = RandomSource(seed: seed)
        let fit = BradleyTerryEstimate(
            all.map { ArmVote($0.first, $0.outcome, against: $0.second) }, arms: arms.count,
            prompts: all.map(\.prompt), using: &random)
        let pairs = arms.indices.flatMap { second in
            (0..<second).compactMap { first in
                winRate(of: second, against: first, seed: seed).map {
                    Report.People.Pair(first: arms[second], second: arms[first], rate: $0)
                }
            }
        }
        let agreements = RatedItems(ratings, items: ratedPrompts).estimates(
            of: [\.agreement, { $0.krippendorffAlpha(.ordinal) }], using: &random)
        return Report.People(
            store: store, project: project, people: people.count, votes: all.count - equalAnswers,
            pairsOfAnswers: items, equalAnswers: equalAnswers,
            strengths: fit.map { zip(arms, $0.strengths).map(Report.People.Strength.init) },
            pairs: pairs, agreement: agreements[0], krippendorffAlpha: agreements[1])
    }
}

extension Outcome {
    fileprivate var reversed: Outcome {
        switch self {
        case .win: .loss
        case .tie: .tie
        case .loss: .win
        }
    }
}
