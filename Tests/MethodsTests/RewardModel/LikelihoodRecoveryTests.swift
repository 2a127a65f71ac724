import Foundation
import Rewards
import Testing
import Torch

@testable import Methods

/// Judgments are simulated from known strengths, thresholds, tie parameters and error rates; fitting our losses to them must
/// give these back.
@Suite struct LikelihoodRecoveryTests {
    /// Strengths of six answers; the first is 0, as only differences show.
    private let strengths = [0, 0.8, -0.6, 1.5, -1.2, 0.3]
    private var names: [String] { strengths.indices.dropFirst().map { "strength \($0)" } }

    /// Scores of the answers from the parameters, the first of which are all strengths but the first.
    private func scores(_ parameters: Tensor) -> Tensor {
        Tensor.concatenated([.zeros([1]), parameters[0..<strengths.count - 1]])
    }

    private func picked(_ scores: Tensor, _ indices: [Int]) -> Tensor { scores.selecting(Tensor(indices)) }

    @Test func bradleyTerry() throws {
        var people = SimulatedPeople(seed: 1)
        var (chosen, rejected): ([Int], [Int]) = ([], [])
        for _ in 0..<3_000 {
            let (first, second) = (people.index(below: 6), people.index(below: 6))
            guard first != second else { continue }
            // Which one is felt to be better: the difference of two strengths with logistic noise.
            let isFirst = strengths[first] - strengths[second] + people.logistic() > 0
            chosen.append(isFirst ? first : second)
            rejected.append(isFirst ? second : first)
        }
        try MaximumLikelihood(names: names, truth: Array(strengths.dropFirst())) { parameters in
            let scores = scores(parameters)
            return PairLikelihood.losses(differences: picked(scores, chosen) - picked(scores, rejected)).sum()
        }.check("Bradley–Terry")
    }

    @Test func davidson() throws {
        let logTie = 0.4
        var people = SimulatedPeople(seed: 2)
        var outcomes: [[(Int, Int)]] = [[], []]
        for _ in 0..<3_000 {
            let (first, second) = (people.index(below: 6), people.index(below: 6))
            guard first != second else { continue }
            let worth = [exp(strengths[first]), exp(strengths[second])]
            let tie = exp(logTie) * (worth[0] * worth[1]).squareRoot()
            switch people.draw([worth[0], worth[1], tie]) {
            case 0: outcomes[0].append((first, second))
            case 1: outcomes[0].append((second, first))
            default: outcomes[1].append((first, second))
            }
        }
        try MaximumLikelihood(
            names: names + ["log ν"], truth: Array(strengths.dropFirst()) + [logTie]
        ) { parameters in
            let scores = scores(parameters)
            let parts = outcomes.map { pairs in
                (
                    picked(scores, pairs.map(\.0)) - picked(scores, pairs.map(\.1)),
                    parameters.selecting(Tensor(pairs.map { _ in 5 }))
                )
            }
            return PairLikelihood.losses(differences: parts[0].0, logTies: parts[0].1).sum()
                + PairLikelihood.tieLosses(differences: parts[1].0, logTies: parts[1].1).sum()
        }.check("Davidson")
    }

    /// A ranking drawn tier by tier, from all sets of at most `logTies.count + 1` remaining answers.
    private func ranking(
        of worth: [Double], logTies: [Double], _ people: inout SimulatedPeople
    ) -> [[Int]] {
        var (tiers, remaining): ([[Int]], [Int]) = ([], Array(worth.indices))
        while !remaining.isEmpty {
            var sets: [(members: [Int], weight: Double)] = []
            for mask in 1..<(1 << remaining.count) {
                let members = remaining.indices.filter { mask >> $0 & 1 == 1 }.map { remaining[$0] }
                guard members.count <= logTies.count + 1 else { continue }
                let mean = pow(members.reduce(1) { $0 * worth[$1] }, 1 / Double(members.count))
                sets.append((members, members.count == 1 ? mean : mean * exp(logTies[members.count - 2])))
            }
            let tier = sets[people.draw(sets.map(\.weight))].members
            tiers.append(tier)
            remaining.removeAll { tier.contains($0) }
        }
        return tiers
    }

    @Test(arguments: [[], [-0.7], [-0.5, -1]]) func rankings(_ logTies: [Double]) throws {
        let strengths = Array(strengths.prefix(4))
        var people = SimulatedPeople(seed: 3)
        var counts: [[[Int]]: Int] = [:]
        for _ in 0..<2_000 {
            counts[ranking(of: strengths.map(exp), logTies: logTies, &people), default: 0] += 1
        }
        let seen = counts.sorted { "\($0.key)" < "\($1.key)" }
        let names = (1..<4).map { "strength \($0)" } + logTies.indices.map { "log ν_\($0 + 2)" }
        try MaximumLikelihood(names: names, truth: strengths.dropFirst() + logTies) { parameters in
            let scores = Tensor.concatenated([.zeros([1]), parameters[0..<3]])
            let ties = logTies.isEmpty ? nil : parameters[3..<3 + logTies.count]
            return seen.reduce(Tensor.zeros([])) { sum, ranking in
                sum + RankingLikelihood.loss(scores: scores, tiers: ranking.key, logTies: ties)
                    * Double(ranking.value)
            }
        }.check(logTies.isEmpty ? "Plackett–Luce" : "Davidson–Luce, ties of \(logTies.count + 1)")
    }

    @Test func marks() throws {
        // Steps of different size, as people use a scale of five.
        let thresholds = [-2.0, -0.9, 0.4, 1.9]
        var people = SimulatedPeople(seed: 4)
        let rated = (0..<4_000).map { _ -> (answer: Int, level: Int) in
            let answer = people.index(below: 6)
            let felt = strengths[answer] + people.logistic()
            return (answer, thresholds.count { $0 < felt })
        }
        let gaps = zip(thresholds, thresholds.dropFirst()).map { log($1 - $0) }
        try MaximumLikelihood(
            names: names + ["lowest threshold", "log gap 1", "log gap 2", "log gap 3"],
            truth: strengths.dropFirst() + [thresholds[0]] + gaps
        ) { parameters in
            let learned = RatingLikelihood.thresholds(
                lowest: parameters[5..<6].unsqueezed(0), logGaps: parameters[6..<9].unsqueezed(0))
            return RatingLikelihood.losses(
                scores: picked(scores(parameters), rated.map(\.answer)),
                thresholds: learned.expanded(to: [rated.count, 4]), levels: rated.map(\.level)
            ).sum()
        }.check("cumulative logit")
    }

    @Test func thumbs() throws {
        let offset = 0.7
        var people = SimulatedPeople(seed: 5)
        let judged = (0..<4_000).map { _ -> (answer: Int, isGood: Bool) in
            let answer = people.index(below: 6)
            return (answer, strengths[answer] + people.logistic() > offset)
        }
        try MaximumLikelihood(
            names: names + ["offset"], truth: strengths.dropFirst() + [offset]
        ) { parameters in
            let own = picked(scores(parameters), judged.map(\.answer))
            return ThumbLikelihood.losses(
                scores: own - parameters[5..<6], areGood: judged.map(\.isGood)
            ).sum()
        }.check("thumbs")
    }

    /// Comparisons, marks and thumbs of the same answers together tell their strengths better than each alone.
    @Test func aMixtureOfAll() throws {
        var people = SimulatedPeople(seed: 6)
        let thresholds = [-1.0, 1]
        let pairs = (0..<700).map { _ -> (Int, Int) in
            let (first, second) = (people.index(below: 6), people.index(below: 6))
            return strengths[first] - strengths[second] + people.logistic() > 0
                ? (first, second) : (second, first)
        }
        let marks = (0..<700).map { _ -> (Int, Int) in
            let answer = people.index(below: 6)
            let felt = strengths[answer] + people.logistic()
            return (answer, thresholds.count { $0 < felt })
        }
        let thumbs = (0..<700).map { _ -> (Int, Bool) in
            let answer = people.index(below: 6)
            return (answer, strengths[answer] + people.logistic() > -0.5)
        }
        try MaximumLikelihood(
            names: names + ["threshold", "log gap", "offset"],
            truth: strengths.dropFirst() + [-1, log(2), -0.5]
        ) { parameters in
            let scores = scores(parameters)
            let learned = RatingLikelihood.thresholds(
                lowest: parameters[5..<6].unsqueezed(0), logGaps: parameters[6..<7].unsqueezed(0))
            return PairLikelihood.losses(
                differences: picked(scores, pairs.map(\.0)) - picked(scores, pairs.map(\.1))
            ).sum()
                + RatingLikelihood.losses(
                    scores: picked(scores, marks.map(\.0)), thresholds: learned.expanded(to: [700, 2]),
                    levels: marks.map(\.1)
                ).sum()
                + ThumbLikelihood.losses(
                    scores: picked(scores, thumbs.map(\.0)) - parameters[7..<8],
                    areGood: thumbs.map(\.1)
                ).sum()
        }.check("mixture")
    }

    /// Two groups that want opposite things on one of three features; a third of ten judgments stays near the shared model.
    @Test func groups() throws {
        let wants: [[Double]] = [[1, 1.5, 0], [1, -1.5, 0], [1, -1.5, 0]]
        let sizes = [1_500, 1_500, 10]
        var people = SimulatedPeople(seed: 7)
        var (features, members): ([Float], [Int]) = ([], [])
        for (group, size) in sizes.enumerated() {
            for _ in 0..<size {
                let difference = (0..<3).map { _ in 2 * people.uniform() - 1 }
                let felt = zip(difference, wants[group]).reduce(people.logistic()) { $0 + $1.0 * $1.1 }
                features += difference.map { Float(felt > 0 ? $0 : -$0) }
                members.append(group)
            }
        }
        let states = Tensor(features, shape: [members.count, 3])
        let heads = GroupHeads(names: ["a", "b", "c"], aspectCount: 1, hiddenSize: 3, device: .cpu)
        let shared = Tensor.zeros([1, 3])
        for tensor in [shared, heads.weights] { tensor.requiresGradient = true }
        for _ in 0..<400 {
            let differences =
                states.linear(weight: shared).squeezed(1)
                + heads.deviations(of: states, heads: members.map { ($0, 0) })
            let loss = PairLikelihood.losses(differences: differences).sum() + heads.penalty(shrinkage: 1)
            loss.backward()
            for tensor in [shared, heads.weights] {
                withoutGradients { tensor.add(inPlace: tensor.gradient ?? tensor, scale: -2e-3) }
                tensor.clearGradient()
            }
        }
        let weights = heads.weights.doubles()
        let own = (0..<3).map { group in (0..<3).map { shared.doubles()[$0] + weights[group * 3 + $0] } }
        print("groups: recovered \(own), true \(wants)")
        // Var of a logistic weight on a feature of variance 1/3: about 1/(1500 · 1/3 · 0.2), so 4 standard errors are 0.4.
        for (group, feature) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
            #expect(abs(own[group][feature] - wants[group][feature]) < 0.4, "group \(group), \(feature)")
        }
        let strayed = (0..<3).map { group in (0..<3).reduce(0) { $0 + pow(weights[group * 3 + $1], 2) } }
        #expect(strayed[2] < strayed[1] / 2, "ten judgments weigh as much as 1,500: \(strayed)")
    }
}
