import RandomNumbers
import Statistics

/// From votes to what is settled.
///
/// For each planned pair the always-valid interval of how often people prefer the first arm's answer (`alwaysValidEstimate`), at
/// the level of the analysis divided by the number of planned pairs and aspects: with a chance of at most the level any of them
/// ever leaves the truth out, however often somebody looks and whenever somebody stops. Which pair is asked about next follows
/// from earlier votes, which prompt of the pair is drawn by chance, so that every vote's mean is the pair's, as is asked of it.
/// Bradley and Terry's strengths are drawn from all votes, selected ones too, whose selection depends on what was seen alone.
struct PeopleAnalysis {
    let votes: StudyVotes
    let arms: [String]
    let analysis: StudyInput.Analysis

    func report() -> StudyPeople {
        let pairs = pairs
        return StudyPeople(
            people: votes.people, votes: votes.votes.count, complete: votes.complete, duels: votes.duels,
            randomShare: votes.randomShare, aspects: votes.aspects, pairs: pairs, strengths: strengths,
            planned: planned.count,
            settled: pairs.count { $0.aspect == votes.aspects.first && $0.verdict != .undecided })
    }

    private var planned: [(first: String, second: String)] {
        arms.indices.flatMap { second in
            (0..<second).map { (first: arms[second], second: arms[$0]) }
        }.filter { analysis.plans($0.first, $0.second) }
    }

    /// Planned pairs with votes, on every aspect.
    var pairs: [StudyPeople.Pair] {
        let level = analysis.level / Double(max(1, planned.count * votes.aspects.count))
        return votes.aspects.flatMap { aspect in
            planned.compactMap { pair($0.first, $0.second, aspect: aspect, level: level) }
        }
    }

    private func pair(_ first: String, _ second: String, aspect: String, level: Double) -> StudyPeople.Pair? {
        let scores = votes.votes.filter { $0.aspect == aspect && $0.opens }.compactMap { vote in
            (vote.first, vote.second) == (first, second)
                ? vote.score : (vote.second, vote.first) == (first, second) ? 1 - vote.score : nil
        }
        return alwaysValidEstimate(of: scores, confidence: 1 - level).map { rate in
            StudyPeople.Pair(
                aspect: aspect, first: first, second: second, duels: scores.count, winRate: rate,
                verdict: verdict(rate))
        }
    }

    private func verdict(_ rate: Estimate) -> StudyReport.Verdict {
        switch rate.side(of: 0.5) {
        case .above: return .better
        case .below: return .worse
        case nil:
            let effect = analysis.smallestEffect
            let isNear = (rate.low ?? 0) > 0.5 - effect && (rate.high ?? 1) < 0.5 + effect
            return isNear ? .alike : .undecided
        }
    }

    private var strengths: [StudyPeople.Strength] {
        let places = Dictionary(uniqueKeysWithValues: arms.enumerated().map { ($1, $0) })
        return votes.aspects.flatMap { aspect -> [StudyPeople.Strength] in
            let known = votes.votes.compactMap { vote -> (vote: ArmVote, prompt: Int)? in
                guard vote.aspect == aspect, let first = places[vote.first], let second = places[vote.second]
                else { return nil }
                let outcome = Outcome(score: vote.score, against: 0.5)
                return (ArmVote(first, outcome, against: second), vote.prompt)
            }
            var random = RandomSource(seed: 0)
            let fit = BradleyTerryEstimate(
                known.map(\.vote), arms: arms.count, prompts: known.map(\.prompt), using: &random)
            return fit.map { fit in
                zip(arms, fit.strengths).map { StudyPeople.Strength(aspect: aspect, arm: $0, strength: $1) }
            } ?? []
        }
    }
}
