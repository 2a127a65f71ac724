import Foundation

/// How often an annotator's judgment is the opposite of what it should be, estimated without knowing what is right.
public struct AnnotatorReliability: Codable, Hashable, Sendable {
    public let name: String
    /// 0 to 0.5.
    public let errorRate: Double
    /// Judgments with two outcomes: comparisons and thumbs.
    public let judgments: Int
    /// Those of them about something that another annotator judged too. Without any the rate is that of the others together.
    public let overlapping: Int

    enum CodingKeys: String, CodingKey {
        case name, judgments, overlapping
        case errorRate = "error_rate"
    }
}

/// One annotator's answer to a question with two answers.
public struct Vote: Hashable, Sendable {
    /// What was asked, the same for all who were asked it.
    public let item: Int
    public let annotator: String
    public let answer: Bool

    public init(item: Int, annotator: String, answer: Bool) {
        self.item = item
        self.annotator = annotator
        self.answer = answer
    }
}

/// Expectation–maximisation of Dawid and Skene ("Maximum Likelihood Estimation of Observer Error-Rates Using the EM
/// Algorithm", 1979) with one error rate per annotator: the sides of a comparison have no meaning of their own, so mistaking
/// left for right is as likely as right for left.
///
/// What is right is a hidden answer to each item. Given the rates, its probability follows from the votes; given these
/// probabilities, an annotator's rate is the expected share of votes against them, held towards one in ten by ten votes' worth
/// of prior, so that three judgments make nobody infallible. Both steps are repeated until nothing moves.
public enum DawidSkene {
    private static let priorVotes = 10.0
    private static let priorErrors = 1.0
    /// Beyond this an annotator says nothing; a label is never flipped.
    private static let highestRate = 0.5

    /// - Returns: the annotators in the order of their names; empty where nobody judged what another one did, as then
    ///   an error cannot be told from another opinion.
    public static func reliabilities(of votes: [Vote]) -> [AnnotatorReliability] {
        let shared = sharedItems(votes)
        guard !shared.isEmpty else { return [] }
        var rates = Dictionary(uniqueKeysWithValues: Set(votes.map(\.annotator)).map { ($0, 0.1) })
        for _ in 0..<1_000 {
            let expected = errors(in: shared, rates: rates)
            let next = rates.merging(expected.mapValues(rate)) { $1 }
            let change = rates.map { abs($0.value - (next[$0.key] ?? 0)) }.max() ?? 0
            rates = next
            if change < 1e-9 { break }
        }
        let overlaps = Dictionary(grouping: shared.joined(), by: \.annotator).mapValues(\.count)
        let judgments = Dictionary(grouping: votes, by: \.annotator).mapValues(\.count)
        let pooled =
            overlaps.reduce(0.0) { $0 + Double($1.value) * (rates[$1.key] ?? 0) }
            / Double(overlaps.values.reduce(0, +))
        return judgments.sorted { $0.key < $1.key }.map { name, count in
            let rate = overlaps[name] == nil ? pooled : (rates[name] ?? pooled)
            return AnnotatorReliability(
                name: name, errorRate: min(rate, highestRate), judgments: count,
                overlapping: overlaps[name] ?? 0)
        }
    }

    private static func rate(_ total: (errors: Double, votes: Double)) -> Double {
        (total.errors + priorErrors) / (total.votes + priorVotes)
    }

    /// The votes on each item that at least two annotators voted on, in the order of the items.
    private static func sharedItems(_ votes: [Vote]) -> [[Vote]] {
        Dictionary(grouping: votes, by: \.item).sorted { $0.key < $1.key }.map(\.value)
            .filter { Set($0.map(\.annotator)).count > 1 }
    }

    /// Expected errors and votes of each annotator.
    private static func errors(
        in items: [[Vote]], rates: [String: Double]
    ) -> [String: (errors: Double, votes: Double)] {
        var totals: [String: (errors: Double, votes: Double)] = [:]
        for votes in items {
            let yes = probability(votes, rates)
            for vote in votes {
                let total = totals[vote.annotator] ?? (0, 0)
                totals[vote.annotator] = (total.errors + (vote.answer ? 1 - yes : yes), total.votes + 1)
            }
        }
        return totals
    }

    /// The probability that the right answer is yes.
    private static func probability(_ votes: [Vote], _ rates: [String: Double]) -> Double {
        let logOdds = votes.reduce(0.0) { sum, vote in
            let rate = min(max(rates[vote.annotator] ?? 0.5, 1e-6), 1 - 1e-6)
            let weight = log((1 - rate) / rate)
            return sum + (vote.answer ? weight : -weight)
        }
        return 1 / (1 + exp(-logOdds))
    }
}
