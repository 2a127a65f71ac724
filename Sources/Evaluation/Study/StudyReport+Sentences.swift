import Statistics

extension StudyReport {
    /// Three sentences: who won, what is settled between the arms, and what these numbers cannot tell.
    var sentences: [String] { [answer, order, limits] }

    private var decided: [Comparison] { planned.filter { $0.judge == annotator } }

    /// The arms by how often they were preferred to the start, the most first.
    private var ranked: [Arm] {
        challengers.filter { $0.winRate != nil }.sorted { ($0.winRate?.mean ?? 0) > ($1.winRate?.mean ?? 0) }
    }

    private var answer: String {
        guard let best = ranked.first, let rate = best.winRate else {
            return "No arm could be compared with \(reference)."
        }
        let verdict = comparison(best.name, reference, judge: annotator)?.verdict ?? .undecided
        let found =
            "By \(annotator), answers of \(best.name) are preferred to those of \(reference) in \(percent(rate.mean)) of all pairs on "
            + "\(prompts) held-out prompts (\(interval(rate)))"
        return switch verdict {
        case .better: found + ", more often than any other arm."
        case .worse: found + ": every arm became worse than \(reference)."
        case .alike: found + ": no arm is better than \(reference) by as much as would matter."
        case .undecided:
            found
                + ", the most of all arms, which is not enough to say that any arm is better than \(reference)."
        }
    }

    private var order: String {
        let among = decided.filter { $0.first != reference && $0.second != reference }
        let settled = among.filter { $0.verdict == .better || $0.verdict == .worse }
        guard let best = ranked.first, !among.isEmpty else {
            return "No comparison of the arms with each other was planned."
        }
        let beaten = ranked.dropFirst().filter {
            comparison(best.name, $0.name, judge: annotator)?.verdict == .better
        }.map(\.name)
        let open = ranked.dropFirst().map(\.name).filter { !beaten.contains($0) }
        var text =
            "Between the arms \(settled.count) of \(among.count) differences are settled after correction for "
            + "\(planned.count) comparisons: \(best.name) is better than "
            + (beaten.isEmpty ? "none of the others" : beaten.listed)
        if !open.isEmpty, !beaten.isEmpty { text += ", and not told from \(open.listed)" }
        if let matchedKL, let leader = matchedLeader {
            text +=
                "; at the same distance from \(reference), \(NumberStyle.plain.text(matchedKL)) nats, "
                + (leader.name == best.name ? "it leads too" : "\(leader.name) gains most")
        }
        return text + "."
    }

    /// Who gains most at the matched distance.
    private var matchedLeader: Arm? {
        challengers.filter { $0.matchedGain != nil }
            .max { ($0.matchedGain?.mean ?? 0) < ($1.matchedGain?.mean ?? 0) }
    }

    private var limits: String {
        var parts: [String] = []
        if let spreadOfSeeds, let spreadOfArms {
            parts.append(
                "training an arm again moves its win rate by \(points(spreadOfSeeds)), and arms differ by "
                    + "\(points(spreadOfArms)) (standard deviations)")
        } else {
            parts.append("with one training of each arm, nothing is known of training again")
        }
        switch detectable {
        case let detectable? where detectable < 0.5:
            parts.append(
                "a difference below about \(points(detectable)) between two arms would probably have been missed"
            )
        case .some:
            parts.append("with so few prompts and trainings even large differences would have been missed")
        case nil: break
        }
        parts.append(
            "and what \(annotator) wants of answers to these prompts, by one start and one reward model, need not hold for "
                + "people, other models or other prompts")
        return "What this cannot tell: \(parts.joined(separator: "; "))."
    }

    private func percent(_ value: Double) -> String { NumberStyle.percent.text(value) }

    private func points(_ value: Double) -> String {
        NumberStyle.fixed(value * 100, decimals: value < 0.095 ? 1 : 0) + " points"
    }

    private func interval(_ rate: Estimate) -> String {
        guard let low = rate.low, let high = rate.high else { return "no interval: too few prompts" }
        return "\(percent(1 - analysis.level)) interval \(percent(low)) to \(percent(high))"
    }
}

extension [String] {
    /// "one, two and three".
    var listed: String {
        guard let last, count > 1 else { return joined() }
        return dropLast().joined(separator: ", ") + " and " + last
    }
}
