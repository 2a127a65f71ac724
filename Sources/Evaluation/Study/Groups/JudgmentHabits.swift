import Datasets
import Files
import Foundation
import Statistics

/// How those who judged choose whatever the answers say, by their length and by where they are shown; and how far they agree
/// beyond such habits.
///
/// A habit is fitted for each annotator: P(choose the answer shown first) = σ(place + length · tanh(d / s)), with the difference
/// in characters `d` and its standard deviation `s`; where rows do not say what was shown first, without `place`. Two annotators
/// with these habits who otherwise throw coins agree about a pair of answers with the probability p q + (1 − p)(1 − q), whose
/// mean over what both judged is E. Where they agree about a share A, (A − E) / (1 − E) is what is left: Cohen's κ, with the
/// chance of these pairs in place of that of the margins.
public struct JudgmentHabits: Codable, Hashable, Sendable {
    /// A group, or one annotator of it.
    public struct Rater: Codable, Hashable, Sendable {
        public var group: String
        /// Nil: all of the group.
        public var annotator: String?
        public var judgments: Int
        /// How often the longer answer was chosen, of those of different lengths.
        public var longer: Estimate?
        /// How often the answer that was shown first was chosen; nil where rows do not say (`chosen_first`).
        public var first: Estimate?
        /// How often the other order of the answers gives the other verdict; nil where nobody asked twice (`flipped`).
        public var flipped: Estimate?
    }

    /// Two groups and what they say of the same two answers.
    public struct Pair: Codable, Hashable, Sendable {
        public var first: String
        public var second: String
        /// Pairs of judgments of the same answers.
        public var compared: Int
        public var agreement: Estimate?
        /// Beyond the habits; nil where these explain everything.
        public var corrected: Estimate?
    }

    public var raters: [Rater]
    public var pairs: [Pair]

    public static let file = "habits.json"

    /// - Throws: `FileError` or `MalformedFile`.
    public init(folder: URL) throws {
        self = try FileSystem.decode(Self.self, from: folder.appending(path: Self.file))
    }

    /// The column of a comparison that says whether the chosen answer was the one shown first.
    public static let chosenFirst = "chosen_first"

    /// - Parameter groups: the comparisons of each.
    /// - Throws: `DataError` for a row without a prompt.
    public init(_ groups: [(name: String, rows: [SourcedRow<ComparisonRow>])]) throws {
        let choices = try groups.map { group in try group.rows.map { try Choice($0) } }
        let habits = choices.map { Dictionary(grouping: $0, by: \.annotator).mapValues(Habit.init) }
        raters = zip(groups, choices).flatMap { group, choices in
            let annotators = Dictionary(grouping: choices, by: \.annotator).sorted { $0.key < $1.key }
            return [Rater(group.name, nil, choices)]
                + (annotators.count < 2 ? [] : annotators.map { Rater(group.name, $0.key, $0.value) })
        }
        pairs = groups.indices.flatMap { first in
            groups.indices.dropFirst(first + 1).map { second in
                Pair(
                    groups[first].name, groups[second].name,
                    Self.shared(choices[first], habits[first], choices[second], habits[second]))
            }
        }
    }

    /// What two groups say of the same answers: whether they agree, and how probable that is by their habits alone.
    private static func shared(
        _ own: [Choice], _ habits: [String: Habit], _ others: [Choice], _ otherHabits: [String: Habit]
    ) -> [Meeting] {
        let byPair = Dictionary(grouping: others, by: \.pair)
        return own.flatMap { choice in
            (byPair[choice.pair] ?? []).compactMap { other in
                guard let habit = habits[choice.annotator], let otherHabit = otherHabits[other.annotator]
                else { return nil }
                let (p, q) = (habit.probability(choice), otherHabit.probability(other))
                return Meeting(
                    prompt: choice.prompt, agrees: choice.takesEarlier == other.takesEarlier ? 1 : 0,
                    expected: p * q + (1 - p) * (1 - q))
            }
        }
    }
}

/// One comparison, its answers in the order of their texts, which is the same for everybody.
private struct Choice {
    let prompt: String
    /// Prompt, aspect and answers.
    let pair: [String]
    let annotator: String
    let takesEarlier: Bool
    /// Characters of the answer that comes first by text, less those of the other.
    let difference: Double
    /// Whether the answer that comes first by text was shown first; nil where the row does not say.
    let showsEarlierFirst: Bool?
    let flipped: Bool?

    init(_ sourced: SourcedRow<ComparisonRow>) throws {
        guard let row = sourced.row.splittingPrompt(), let prompt = row.prompt else {
            throw DataError(
                at: sourced.place, expected: "a prompt, or answers that begin alike", found: "neither",
                remedy: "give every comparison a \"prompt\"")
        }
        let (chosen, rejected) = (row.chosen.shown, row.rejected.shown)
        takesEarlier = chosen.utf8.lexicographicallyPrecedes(rejected.utf8)
        let texts = takesEarlier ? [chosen, rejected] : [rejected, chosen]
        self.prompt = prompt.json.text()
        pair = [self.prompt, row.context.aspect ?? ""] + texts
        annotator = row.context.annotator ?? ""
        difference = Double(texts[0].unicodeScalars.count - texts[1].unicodeScalars.count)
        let takesEarlier = takesEarlier
        showsEarlierFirst = row.extra[JudgmentHabits.chosenFirst]?.boolean.map { $0 == takesEarlier }
        flipped = row.extra["flipped"]?.boolean
    }

    var takesLonger: Double? { difference == 0 ? nil : (difference > 0) == takesEarlier ? 1 : 0 }

    var takesFirst: Double? { showsEarlierFirst.map { $0 == takesEarlier ? 1 : 0 } }
}

/// What one annotator does whatever the answers say.
private struct Habit {
    private let fit: LogisticFit
    private let spread: Double
    private let knowsPlaces: Bool

    init(_ choices: [Choice]) {
        let spread = (mean(of: choices.map { $0.difference * $0.difference }) ?? 0).squareRoot()
        let knowsPlaces = choices.allSatisfy { $0.showsEarlierFirst != nil }
        (self.spread, self.knowsPlaces) = (spread, knowsPlaces)
        // The ridge keeps the fit finite where length tells all choices.
        fit = LogisticFit(
            features: choices.map { Self.feature($0, spread, knowsPlaces) },
            targets: choices.map { $0.takesEarlier == Self.isTurned($0, knowsPlaces) ? 0 : 1 },
            hasIntercept: knowsPlaces, ridge: 1)
    }

    /// That the answer which comes first by text is chosen.
    func probability(_ choice: Choice) -> Double {
        let logit = fit.intercept + fit.slope * Self.feature(choice, spread, knowsPlaces)
        let probability = 1 / (1 + exp(-logit))
        return Self.isTurned(choice, knowsPlaces) ? 1 - probability : probability
    }

    /// Whether the answer shown first is the one that comes second by text.
    private static func isTurned(_ choice: Choice, _ knowsPlaces: Bool) -> Bool {
        knowsPlaces && choice.showsEarlierFirst == false
    }

    private static func feature(_ choice: Choice, _ spread: Double, _ knowsPlaces: Bool) -> Double {
        guard spread > 0 else { return 0 }
        return tanh((isTurned(choice, knowsPlaces) ? -1 : 1) * choice.difference / spread)
    }
}

private struct Meeting {
    let prompt: String
    let agrees: Double
    let expected: Double
}

extension JudgmentHabits.Rater {
    fileprivate init(_ group: String, _ annotator: String?, _ choices: [Choice]) {
        func share(_ value: (Choice) -> Double?) -> Estimate? {
            let known = choices.filter { value($0) != nil }
            return promptShare(known, prompts: known.map(\.prompt)) { mean(of: $0.compactMap(value)) }
        }
        (self.group, self.annotator) = (group, annotator)
        judgments = choices.count
        longer = share(\.takesLonger)
        first = share(\.takesFirst)
        flipped = share { $0.flipped.map { $0 ? 1 : 0 } }
    }
}

extension JudgmentHabits.Pair {
    /// What habits alone explain to this share leaves nothing to be told.
    private static let mostExpected = 0.99

    fileprivate init(_ first: String, _ second: String, _ meetings: [Meeting]) {
        (self.first, self.second) = (first, second)
        compared = meetings.count
        agreement = promptShare(meetings, prompts: meetings.map(\.prompt)) { mean(of: $0.map(\.agrees)) }
        corrected = promptShare(meetings, prompts: meetings.map(\.prompt), in: -1e9...1) { kept in
            guard let agreement = mean(of: kept.map(\.agrees)), let expected = mean(of: kept.map(\.expected)),
                expected < Self.mostExpected
            else { return nil }
            return (agreement - expected) / (1 - expected)
        }
    }
}

/// A statistic with its 95 % interval for other prompts; nil where it is undefined.
private func promptShare<Item>(
    _ items: [Item], prompts: [String], in range: ClosedRange<Double> = 0...1,
    _ statistic: ([Item]) -> Double?
) -> Estimate? {
    guard let value = statistic(items) else { return nil }
    let numbers = Dictionary(Set(prompts).sorted().enumerated().map { ($1, $0) }) { first, _ in first }
    let sampled = Jackknife.sampled(
        items, clusters: [prompts.map { numbers[$0] ?? 0 }], statistic: statistic)
    return sampled?.estimate(confidence: 0.95, within: range) ?? Estimate(mean: value)
}
