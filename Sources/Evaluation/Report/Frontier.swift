import Foundation
import Statistics

extension Report {
    /// What was maximised against what was wanted, by the distance from the start.
    public struct Frontier: Codable, Hashable, Sendable {
        /// The reward that was maximised, or stands in for it.
        public var proxy: String
        /// The judge.
        public var gold: String
        /// Of the start, in their own units.
        public var start: Rewards
        /// The standard deviation of single answers of the start, which pictures count rewards in; 0 where all score alike.
        public var spread: Spread
        public var roads: [Road]
    }

    /// Two rewards of the same answers.
    public struct Rewards: Codable, Hashable, Sendable {
        public var proxy: Estimate?
        public var gold: Estimate?
    }

    public struct Spread: Codable, Hashable, Sendable {
        public var proxy: Double
        public var gold: Double
    }

    /// One way to move from the start: the checkpoints of a run, or the best of more and more answers.
    public struct Road: Codable, Hashable, Sendable {
        public var name: String
        public var form: RewardCurve.Form
        public var stations: [Station]
        /// Fitted to the gains of each reward; nil with fewer than three stations away from the start.
        public var proxy: Fit?
        public var gold: Fit?
    }

    public struct Station: Codable, Hashable, Sendable {
        /// `step 40`, `round 2`, `best of 8`.
        public var name: String
        /// From the start, in nats for a whole answer.
        public var kl: Estimate
        /// Rewards less the start's on the same prompts.
        public var gain: Rewards
        /// Mean tokens of an answer, and the share that ended by themselves; of checkpoints only.
        public var length: Double?
        public var eosRate: Double?

        private enum CodingKeys: String, CodingKey {
            case name, kl, gain, length
            case eosRate = "eos_rate"
        }
    }

    /// A form of Gao et al. with d = √KL, see ``RewardCurve``.
    public struct Fit: Codable, Hashable, Sendable {
        public var alpha: Estimate
        public var beta: Estimate
        /// The distance from which on the reward falls; nil where it falls nowhere near what was measured.
        public var turn: Estimate?
        /// Whether that lies beyond every station.
        public var isExtrapolated: Bool

        private enum CodingKeys: String, CodingKey {
            case alpha, beta, turn
            case isExtrapolated = "extrapolated"
        }

        init(_ estimate: RewardCurveEstimate) {
            (alpha, beta) = (estimate.alpha, estimate.beta)
            (turn, isExtrapolated) = (estimate.peak, estimate.isExtrapolated)
        }

        func curve(_ form: RewardCurve.Form) -> RewardCurve {
            RewardCurve(form, alpha: alpha.mean, beta: beta.mean)
        }
    }
}

extension Report.Frontier {
    /// A sentence for each road: where what was wanted turns. Roads on which it does not share one.
    public var summary: [String] {
        let straight = roads.filter { $0.gold != nil && $0.gold?.turn == nil }.map(\.name)
        guard let first = straight.first else { return roads.compactMap(sentence) }
        let place =
            straight.count == 1
            ? "\(first): \(gold)" : "on each of \(straight.joined(separator: "; ")): \(gold)"
        return roads.compactMap(sentence) + ["\(place) turns nowhere near what was measured."]
    }

    /// Nil where there is no turn.
    private func sentence(on road: Report.Road) -> String? {
        guard let fit = road.gold else {
            return
                "\(road.name) has too few stations away from the start for a curve, or \(gold) never changes."
        }
        guard let turn = fit.turn else { return nil }
        let plain = NumberStyle.plain
        let place = "√KL \(turn.text(.plain)), \(plain.text(turn.mean * turn.mean)) nats"
        let openEnd = turn.high == nil ? "; how far above, these data do not say" : ""
        return fit.isExtrapolated
            ? "\(road.name): \(gold) would turn at \(place), beyond every station\(openEnd)."
            : "\(road.name): \(gold) turns at \(place)\(openEnd)\(isRising(road, at: turn.mean) ? ", while \(proxy) still rises" : "")."
    }

    /// Whether the proxy goes on from there, by its own curve.
    private func isRising(_ road: Report.Road, at distance: Double) -> Bool {
        road.proxy.map { ($0.turn?.mean ?? .infinity) > distance && $0.alpha.mean > 0 } ?? false
    }
}
