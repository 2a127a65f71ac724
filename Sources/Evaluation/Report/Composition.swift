import RandomNumbers
import Statistics

/// One answer of an arm compared with one of the reference to the same prompt: what was said, and what might have been
/// judged in place of the words.
struct ArmComparison: Hashable, Sendable {
    struct Side: Hashable, Sendable {
        /// Whether the model ended its answer before the token budget did.
        let isFinished: Bool
        /// In characters, which is what a judge sees of an answer's length, whatever the arm's tokens.
        let length: Int
    }

    let prompt: Int
    /// Of the arm.
    let outcome: Outcome
    let arm: Side
    let reference: Side
}

/// The win rate of some comparisons and everything that it is made of. Every interval draws whole prompts and starts from the
/// same seed, so that none depends on another.
struct ComparisonStatistics {
    let comparisons: [ArmComparison]
    let seed: UInt64

    var winRate: WinRate? { winRate(comparisons) }

    /// See ``LengthControlledWinRate``.
    var lengthControlled: Estimate? {
        var random = RandomSource(seed: seed)
        return LengthControlledWinRate.estimate(
            lengths, clusters: comparisons.map(\.prompt), using: &random)
    }

    var composition: Report.Composition? {
        guard !comparisons.isEmpty else { return nil }
        let same = comparisons.filter { $0.arm.isFinished == $0.reference.isFinished }
        return Report.Composition(
            byEnding: parts { .init(arm: $0.arm.isFinished, reference: $0.reference.isFinished) },
            byLength: parts {
                .init(
                    arm: $0.arm.length > $0.reference.length, reference: $0.arm.length < $0.reference.length)
            },
            sameEnding: winRate(same))
    }

    /// The win rate on the prompts of each topic, in the order of their names; nil where no prompt has one.
    func topics(_ names: [String?]) -> [Report.TopicRate]? {
        let named = Dictionary(grouping: comparisons) { names[$0.prompt] }
        let rates = named.compactMap { name, members in
            name.flatMap { name in
                winRate(members).map {
                    Report.TopicRate(topic: name, prompts: Set(members.map(\.prompt)).count, rate: $0)
                }
            }
        }
        return rates.isEmpty ? nil : rates.sorted { $0.topic < $1.topic }
    }

    private var lengths: [LengthComparison] {
        comparisons.map {
            LengthComparison(
                difference: Double($0.arm.length - $0.reference.length), preference: $0.outcome.value)
        }
    }

    private func parts(_ side: (ArmComparison) -> Report.Composition.Side) -> [Report.Composition.Part] {
        let groups = Dictionary(grouping: comparisons, by: side)
        return Report.Composition.Side.allCases.compactMap { side in
            groups[side].flatMap(winRate).map { Report.Composition.Part(side: side, rate: $0) }
        }
    }

    private func winRate(_ comparisons: [ArmComparison]) -> WinRate? {
        var random = RandomSource(seed: seed)
        return WinRate(comparisons.map(\.outcome), clusters: comparisons.map(\.prompt), using: &random)
    }
}

extension Report {
    /// What an arm's win rate is made of: who ended, and whose answer is longer.
    public struct Composition: Codable, Hashable, Sendable {
        /// On whose side something is so.
        public enum Side: String, Codable, CaseIterable, Hashable, Sendable {
            case both, arm, reference, neither

            init(arm: Bool, reference: Bool) {
                self = arm ? (reference ? .both : .arm) : reference ? .reference : .neither
            }
        }

        /// The comparisons in which something is so on one side, with the arm's win rate in them.
        public struct Part: Codable, Hashable, Sendable {
            public var side: Side
            public var rate: WinRate

            public init(side: Side, rate: WinRate) {
                self.side = side
                self.rate = rate
            }
        }

        /// By who ended before the token budget did; kinds without comparisons are left out.
        public var byEnding: [Part]
        /// By whose answer has more characters; `neither`: equally many.
        public var byLength: [Part]
        /// Where both ended or neither did; nil where there is no such comparison.
        public var sameEnding: WinRate?

        private enum CodingKeys: String, CodingKey {
            case byEnding = "by_ending"
            case byLength = "by_length"
            case sameEnding = "same_ending"
        }

        public init(byEnding: [Part], byLength: [Part], sameEnding: WinRate?) {
            self.byEnding = byEnding
            self.byLength = byLength
            self.sameEnding = sameEnding
        }

        /// All comparisons.
        var count: Int { byEnding.reduce(0) { $0 + $1.rate.count } }

        /// Whether no comparison was won by either.
        var isAllTies: Bool { count > 0 && byEnding.allSatisfy { $0.rate.ties == $0.rate.count } }

        func ending(_ side: Side) -> WinRate? { byEnding.first { $0.side == side }?.rate }
    }

    /// An arm's win rate on the prompts of one topic.
    public struct TopicRate: Codable, Hashable, Sendable {
        /// A rate of fewer prompts says next to nothing, and is not shown.
        static let enoughPrompts = 5

        public var topic: String
        public var prompts: Int
        public var rate: WinRate

        var isEnough: Bool { prompts >= Self.enoughPrompts }
    }
}

extension WinRate {
    /// Comparisons.
    var count: Int { wins + ties + losses }
}
