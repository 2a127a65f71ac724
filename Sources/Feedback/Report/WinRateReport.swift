import Foundation
import RandomNumbers
import Statistics

/// Which model's answers people prefer on one aspect.
///
/// Everything here rests on items that were drawn at random: those that were chosen as informative are the close and
/// the odd ones, and would bias every figure.
public struct WinRateReport: Encodable, Hashable, Sendable {
    /// The share in which one model's answers were preferred to another's.
    public struct Pair: Encodable, Hashable, Sendable {
        /// Positions in ``models``.
        public var first: Int
        public var second: Int
        /// Of the first; a tie counts half.
        public var rate: WinRate
        /// The rate over finished items, with an interval that holds however often one looks, and for all pairs at once.
        public var alwaysValid: Estimate?
        /// How many items are finished: judged by as many people as the project asks for.
        public var finishedItems: Int
        public var advice: Advice
    }

    /// Whether more votes would be informative.
    public enum Advice: String, Encodable, Hashable, Sendable {
        case goOn = "go_on"
        /// The always-valid interval leaves one half out.
        case decided
        /// It is as narrow as the project asks for.
        case precise
    }

    public var aspect: String
    /// Models in the order in which they were first compared.
    public var models: [String]
    /// How many preferences between different models there are.
    public var preferences: Int
    public var pairs: [Pair]
    /// In log-odds, with a sum of zero; nil where not every model met every other, if only through third ones.
    public var strengths: [Estimate]?
    /// How probable it is that each model's answer is preferred to each other's.
    public var winProbabilities: [[Estimate]]?

    /// Whether every pair is decided, or is known as well as asked for.
    public var isDone: Bool { !pairs.isEmpty && pairs.allSatisfy { $0.advice != .goOn } }

    /// - Returns: nil where no two models were compared.
    init?(_ index: StudyIndex, aspect: String, using generator: inout SplitMix64) {
        let votes = ModelVotes(index, aspect: aspect)
        guard !votes.all.isEmpty else { return nil }
        self.aspect = aspect
        models = votes.names
        preferences = votes.all.count
        let byPair = Dictionary(grouping: votes.all.indices) {
            UnorderedPair(votes.all[$0].first, votes.all[$0].second)
        }.sorted { ($0.key.first, $0.key.second) < ($1.key.first, $1.key.second) }
        let confidence = 1 - 0.05 / Double(byPair.count)
        let definition = index.project.definition
        pairs = byPair.compactMap { key, places in
            let outcomes = places.map { votes.all[$0].outcome(of: key.first) }
            guard
                let rate = WinRate(
                    outcomes, clusters: places.map { votes.items[$0] }, bootstrap: .live, using: &generator)
            else { return nil }
            let finished = votes.finishedScores(places, arm: key.first)
            let always = alwaysValidEstimate(of: finished, confidence: confidence)
            return Pair(
                first: key.first, second: key.second, rate: rate, alwaysValid: always,
                finishedItems: finished.count, advice: Advice(always, width: definition.stoppingWidth))
        }
        let fit = BradleyTerryEstimate(
            votes.all, arms: votes.names.count, prompts: votes.items, bootstrap: .live, using: &generator)
        strengths = fit?.strengths
        winProbabilities = fit?.winProbabilities
    }
}

extension WinRateReport.Advice {
    init(_ estimate: Estimate?, width: Double) {
        guard let estimate, let low = estimate.low, let high = estimate.high else {
            self = .goOn
            return
        }
        self = estimate.side(of: 0.5) != nil ? .decided : high - low < width ? .precise : .goOn
    }
}

extension ArmVote {
    fileprivate func outcome(of arm: Int) -> Outcome {
        guard arm != first else { return outcome }
        switch outcome {
        case .win: return .loss
        case .tie: return .tie
        case .loss: return .win
        }
    }
}

/// What people said about the answers of different models, on randomly drawn items.
struct ModelVotes {
    /// Of the models that were compared, in the order in which they first were.
    private(set) var names: [String]
    private(set) var all: [ArmVote] = []
    /// For every vote, the item it belongs to: numbers in the order of the item's first judgment.
    private(set) var items: [Int] = []
    /// For every item that enough people have judged, when the last of them did.
    private var finishedAt: [Int: Date] = [:]

    init(_ index: StudyIndex, aspect: String) {
        let overlap = index.project.definition.overlap
        let allNames = index.policies.names
        var arms: [Int: Int] = [:]
        names = []
        for (place, group) in index.random.enumerated() {
            if group.judgments.count >= overlap { finishedAt[place] = group.judgments.last?.createdAt }
            for judgment in group.judgments {
                for vote in index.votes(judgment, aspect: aspect) {
                    for policy in [vote.first, vote.second] where arms[policy] == nil {
                        arms[policy] = names.count
                        names.append(allNames[policy])
                    }
                    guard let first = arms[vote.first], let second = arms[vote.second] else { continue }
                    all.append(ArmVote(first, vote.outcome, against: second))
                    items.append(place)
                }
            }
        }
    }

    /// The mean value for one arm of every finished item, in the order in which they were finished, so that a look at
    /// any time sees the beginning of one sequence. Items that fewer people have judged wait: who comes first is no
    /// random draw of those who will.
    func finishedScores(_ votes: [Int], arm: Int) -> [Double] {
        Dictionary(grouping: votes) { items[$0] }.compactMap { item, votes in
            finishedAt[item].map { date in
                (date, item, votes.reduce(0) { $0 + all[$1].outcome(of: arm).value } / Double(votes.count))
            }
        }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }
}

/// Models in the order in which they appear, told apart by name, weights and sampler.
struct PolicyList {
    private(set) var policies: [Policy] = []
    private var places: [Policy: Int] = [:]

    mutating func place(of policy: Policy) -> Int {
        if let place = places[policy] { return place }
        places[policy] = policies.count
        policies.append(policy)
        return policies.count - 1
    }

    /// The name where it says it all, with the settings or the beginning of the hash where two share it.
    var names: [String] {
        let byName = Dictionary(grouping: policies, by: \.name)
        return policies.map { policy in
            let namesakes = byName[policy.name] ?? []
            guard namesakes.count > 1 else { return policy.name }
            var parts: [String] = []
            if Set(namesakes.map(\.hash)).count > 1 { parts.append(String(policy.hash.prefix(8))) }
            if Set(namesakes.map(\.sampler)).count > 1 {
                parts += policy.sampler.map { "\($0.key) \($0.value.text(.compact))" }
            }
            return parts.isEmpty ? policy.name : "\(policy.name) (\(parts.joined(separator: ", ")))"
        }
    }
}
