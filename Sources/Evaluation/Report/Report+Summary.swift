import Charts
import Statistics

extension Report {
    /// The finding in plain words: who won, by how much, what it cost, and what these data do not show.
    public var summary: [String] {
        guard !arms.isEmpty else { return rewardModel?.summary ?? [] }
        let ranked = challengers.filter { $0.winRate != nil }.sorted { rate($0) > rate($1) }
        let roads = frontier?.summary ?? []
        guard let best = ranked.first else {
            return roads.isEmpty ? ["No arm was compared with \(reference)."] + refusalFindings : roads
        }
        var sentences = [verdict(on: best)]
        if let second = ranked.dropFirst().first { sentences.append(comparison(of: best, with: second)) }
        sentences += ranked.dropFirst().map(verdict)
        if let cost = cost(of: best) { sentences.append(cost) }
        return sentences + refusalFindings + roads
    }

    /// What a reader must know before trusting the arms: signs that the score was reached by a shortcut.
    public var warnings: [String] {
        let onRewards = [rewardModel?.warning].compactMap(\.self)
        guard let start = referenceArm else { return onRewards }
        let onJudge = [annotator.warning.map { $0.capitalizedFirst + "." }].compactMap(\.self)
        let onArms = challengers.flatMap { arm in
            [
                change(arm.distinct2, start.distinct2).flatMap { varietyWarning(arm, $0) },
                change(arm.perplexity, start.perplexity).flatMap { perplexityWarning(arm, $0) },
                change(arm.length, start.length).flatMap { lengthWarning(arm, $0) },
            ].compactMap(\.self)
        }
        return onJudge + onRewards + onArms + [cutOffWarning].compactMap(\.self)
    }

    private func varietyWarning(_ arm: Arm, _ change: Double) -> String? {
        guard abs(change) > 0.15 else { return nil }
        let size = "(distinct-2 \(signedPercent(change)))"
        return change < 0
            ? "\(arm.name) says fewer different things than \(reference) \(size): it may have collapsed onto a few "
                + "answers."
            : "\(arm.name) says more different things than \(reference) \(size): see whether its answers are shorter, "
                + "or have become incoherent."
    }

    private func perplexityWarning(_ arm: Arm, _ change: Double) -> String? {
        guard abs(change) > 0.15 else { return nil }
        let size = "(perplexity on plain text \(signedPercent(change)))"
        return change > 0
            ? "\(arm.name) lost general ability \(size)."
            : "\(arm.name) predicts the plain text much better than \(reference) \(size): see whether training has "
                + "seen it."
    }

    private func lengthWarning(_ arm: Arm, _ change: Double) -> String? {
        guard abs(change) > 0.5 else { return nil }
        return
            "\(arm.name)'s answers changed much in length (\(signedPercent(change))): see whether the annotator pays "
            + "for \(change > 0 ? "length" : "brevity")."
    }

    /// Which share of each arm's answers was cut off, where it is much of any; and whether the arms win by that.
    private var cutOffWarning: String? {
        let shares = arms.compactMap { arm in arm.eosRate.map { (name: arm.name, share: 1 - $0) } }
        guard shares.contains(where: { $0.share > 0.2 }) else { return nil }
        let listed = shares.enumerated().map { index, arm in
            "\(NumberStyle.percent.text(arm.share)) of \(arm.name)'s\(index == 0 ? " answers" : "")"
        }
        let found = "Cut off by the token budget: \(listed.joined(separator: ", "))."
        guard let start = shares.first(where: { $0.name == reference }) else { return found }
        let better = shares.filter { $0.share <= start.share - 0.01 }.map(\.name)
        guard !better.isEmpty else { return found }
        return found
            + " \(reference), which the others are compared with, is cut off more often than "
            + "\(better.joined(separator: " and ")), who may be preferred for ending alone; a larger token budget would "
            + "tell."
    }

    /// How often the arm was preferred, and what its wins are made of.
    private func verdict(on arm: Arm) -> String {
        guard let rate = arm.winRate else { return "\(arm.name) was not compared." }
        if let composition = arm.composition, composition.isAllTies {
            return
                "All \(composition.count) comparisons of \(arm.name) with \(reference) are ties: what judges finds no "
                + "difference between their answers."
        }
        let share =
            "\(arm.name)'s answers were preferred to those of \(reference) on \(NumberStyle.percent.text(rate.mean)) "
            + "of \(prompts) held-out prompts"
        guard let bounds = Self.interval(rate) else {
            return share + "; there are too few prompts to say how sure that is." + qualification(of: arm)
        }
        let found =
            switch rate.side(of: 0.5) {
            case .above: "."
            case .below: ": it became worse."
            case nil:
                ". The interval includes 50 %, so these data do not show that \(arm.name) is better or worse than "
                    + "\(reference)."
            }
        return share + " (95 % interval \(bounds))" + found + qualification(of: arm)
    }

    /// Intervals that are apart tell the arms apart; overlapping ones do not prove them equal.
    private func comparison(of best: Arm, with second: Arm) -> String {
        guard let low = best.winRate?.low, let high = second.winRate?.high, low <= high else {
            return "The interval of \(best.name) lies above that of \(second.name), the next."
        }
        return
            "The intervals of \(best.name) and \(second.name) overlap: which of the two is better is not settled "
            + "here."
    }

    private func cost(of arm: Arm) -> String? {
        var parts: [String] = []
        if let kl = arm.kl {
            parts.append("it moved \(NumberStyle.plain.text(kl.mean)) nats from \(reference)")
        }
        if let change = change(arm.length, referenceArm?.length) {
            parts.append("its answers are \(comparative(change, more: "longer", less: "shorter"))")
        }
        if let change = change(arm.perplexity, referenceArm?.perplexity) {
            let word = comparative(change, more: "higher", less: "lower")
            parts.append("its perplexity on plain text is \(word)")
        }
        return parts.isEmpty ? nil : "What \(arm.name) paid: " + parts.joined(separator: ", ") + "."
    }

    private func rate(_ arm: Arm) -> Double { arm.winRate?.mean ?? 0 }

    private func comparative(_ change: Double, more: String, less: String) -> String {
        let size = NumberStyle.percent.text(abs(change))
        return size == "0 %" ? "unchanged (within 1 %)" : "\(size) \(change > 0 ? more : less)"
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

/// The relative change from `start` to `value`; `nil` where one of them is unknown or the start is 0.
func change(_ value: Double?, _ start: Double?) -> Double? {
    guard let value, let start, start != 0 else { return nil }
    return value / start - 1
}

/// "+12 %", "−3 %", "±0 %".
func signedPercent(_ change: Double) -> String {
    let text = NumberStyle.percent.text(change)
    return text == "0 %" ? "±0 %" : (change > 0 ? "+" : "") + text
}
