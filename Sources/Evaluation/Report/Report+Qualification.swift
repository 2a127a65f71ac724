import Statistics

extension Report {
    /// What an arm's wins or losses are made of besides what its answers say, and what is left of them without it; empty
    /// where nothing of it differs between the arm and the reference.
    func qualification(of arm: Arm) -> String {
        guard let composition = arm.composition else { return "" }
        let claim = arm.winRate?.side(of: 0.5)
        let sentences = [
            endingSentence(of: arm, composition, claim), lengthSentence(of: arm, composition, claim),
        ]
        return sentences.compactMap { $0.map { " " + $0 } }.joined()
    }

    private func endingSentence(
        of arm: Arm, _ composition: Composition, _ claim: Estimate.Side?
    ) -> String? {
        guard composition.sameEnding?.count != composition.count else { return nil }
        let made = madeOfEndings(composition, claim)
        guard let same = composition.sameEnding else {
            return [
                made.map { $0 + ";" },
                "in no comparison did both end or neither, so what else \(arm.name) learned",
                "cannot be told.",
            ].compactMap(\.self).joined(separator: " ").capitalizingFirst
        }
        let rest =
            "where both ended or neither did, \(arm.name) was preferred on \(Self.shown(same.rate)) of \(same.count) "
            + "comparisons"
        return (made.map { $0 + "; " + rest } ?? rest).capitalizingFirst
            + conclusion(same.rate, claim, without: "the difference in ending", arm)
    }

    /// "35 of its 49 wins are …", or its losses where it became worse.
    private func madeOfEndings(_ composition: Composition, _ claim: Estimate.Side?) -> String? {
        let parts = composition.byEnding.map(\.rate)
        if claim == .below {
            let (made, all) = (
                composition.ending(.reference)?.losses ?? 0, parts.reduce(0) { $0 + $1.losses }
            )
            return made == 0
                ? nil
                : "\(made) of its \(all) losses are answers that were cut off where \(reference)'s ended"
        }
        let (made, all) = (composition.ending(.arm)?.wins ?? 0, parts.reduce(0) { $0 + $1.wins })
        return made == 0
            ? nil
            : "\(made) of its \(all) wins are over answers of \(reference) that were cut off where its own ended"
    }

    private func lengthSentence(
        of arm: Arm, _ composition: Composition, _ claim: Estimate.Side?
    ) -> String? {
        guard composition.byLength.contains(where: { $0.side != .neither }) else { return nil }
        guard let rate = arm.lengthControlledWinRate else {
            return
                "Length alone tells its wins from its losses, so what \(arm.name) would win at equal length cannot be told "
                + "from these data."
        }
        return "At equal length it would be preferred on \(Self.shown(rate))"
            + conclusion(rate, claim, without: "the difference in length", arm)
    }

    /// Ends a sentence on what is left of a claim; there is none to qualify where the whole interval includes 50 %.
    private func conclusion(
        _ rate: Estimate, _ claim: Estimate.Side?, without effect: String, _ arm: Arm
    ) -> String {
        guard let claim, rate.side(of: 0.5) != claim else { return "." }
        guard rate.low != nil else { return ": too few to say how sure that is." }
        let word = claim == .above ? "better" : "worse"
        return rate.side(of: 0.5) == nil
            ? ", which includes 50 %: without \(effect), these data do not show that \(arm.name) is \(word) than "
                + "\(reference)."
            : ": without \(effect) it is the other way round."
    }

    /// "54 % (36 to 71 %)".
    private static func shown(_ rate: Estimate) -> String {
        let mean = NumberStyle.percent.text(rate.mean)
        return interval(rate).map { "\(mean) (\($0))" } ?? mean
    }

    /// "36 to 71 %"; a bound that rounds to 50 % needs its decimal to say on which side it lies.
    static func interval(_ rate: Estimate) -> String? {
        guard let low = rate.low, let high = rate.high else { return nil }
        let decimals = min(abs(low - 0.5), abs(high - 0.5)) < 0.01 ? 1 : 0
        return "\(NumberStyle.fixed(low * 100, decimals: decimals)) to "
            + "\(NumberStyle.fixed(high * 100, decimals: decimals)) %"
    }
}

extension String {
    fileprivate var capitalizingFirst: String { prefix(1).uppercased() + dropFirst() }
}
