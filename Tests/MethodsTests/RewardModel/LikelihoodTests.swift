import Foundation
import TestSupport
import Testing
import Torch

@testable import Methods

/// Cases that can be worked out by hand, and gradients against finite differences.
@Suite struct LikelihoodTests {
    @Test func pairs() {
        // σ(ln 3) = 3/4.
        let differences = Tensor([Float(log(3.0)), 0])
        expectClose(
            PairLikelihood.losses(differences: differences).doubles(), [-log(0.75), log(2)], relative: 1e-6)
        // Between equals with ν = 2 half of the judgments are ties, and a quarter goes to each.
        let logTies = Tensor([Float(log(2.0))])
        let equal = Tensor([Float(0)])
        expectClose(
            PairLikelihood.tieLosses(differences: equal, logTies: logTies).item(), log(2), relative: 1e-6)
        expectClose(
            PairLikelihood.losses(differences: equal, logTies: logTies).item(), log(4), relative: 1e-6)
        // Of d = ln 4: e^{d/2} = 2, so 2 : 1/2 : ν = 1.5 are 1/2, 1/8 and 3/8.
        let far = Tensor([Float(log(4.0))])
        let tie = Tensor([Float(log(1.5))])
        expectClose(PairLikelihood.losses(differences: far, logTies: tie).item(), log(2), relative: 1e-6)
        expectClose(PairLikelihood.losses(differences: -far, logTies: tie).item(), log(8), relative: 1e-6)
        expectClose(
            PairLikelihood.tieLosses(differences: far, logTies: tie).item(), log(8.0 / 3), relative: 1e-6)
    }

    @Test func errorRatesSmoothLabels() {
        let differences = Tensor([Float(log(3.0)), Float(log(3.0))])
        let losses = PairLikelihood.losses(differences: differences, errorRates: Tensor([Float(0), 0.25]))
        // 3/4 · −ln 3/4 + 1/4 · −ln 1/4; at an error rate of 1/4 it has its minimum here.
        expectClose(
            losses.doubles(), [-log(0.75), -0.75 * log(0.75) - 0.25 * log(0.25)], relative: 1e-6)
        let point = Tensor([Float(log(3.0))])
        point.requiresGradient = true
        PairLikelihood.losses(differences: point, errorRates: Tensor([Float(0.25)])).sum().backward()
        #expect(abs(point.gradient?.item() ?? 1) < 1e-6)
    }

    @Test func rankings() {
        // Worths 2, 1, 1: P = 2/4 · 1/2.
        let scores = Tensor([Float(0), Float(log(2.0)), 0])
        expectClose(
            RankingLikelihood.loss(scores: scores, tiers: [[1], [0], [2]]).item(), log(4), relative: 1e-6)
        // Three equals with ν = 1: six sets are as likely as each other, and a single one is left over.
        let equal = Tensor.zeros([3])
        let tie = Tensor([Float(0)])
        expectClose(
            RankingLikelihood.loss(scores: equal, tiers: [[0, 2], [1]], logTies: tie).item(), log(6),
            relative: 1e-6)
        // One of six, then of two and their tie.
        expectClose(
            RankingLikelihood.loss(scores: equal, tiers: [[0], [1, 2]], logTies: tie).item(), log(18),
            relative: 1e-6)
    }

    @Test func aRankingOfTwoIsAComparison() {
        let scores = Tensor([Float(0.3), -0.9])
        let tie = Tensor([Float(-0.2)])
        let difference = Tensor([Float(1.2)])
        expectClose(
            RankingLikelihood.loss(scores: scores, tiers: [[0], [1]], logTies: tie).item(),
            PairLikelihood.losses(differences: difference, logTies: tie).item(), relative: 1e-6)
        expectClose(
            RankingLikelihood.loss(scores: scores, tiers: [[0, 1]], logTies: tie).item(),
            PairLikelihood.tieLosses(differences: difference, logTies: tie).item(), relative: 1e-6)
        expectClose(
            RankingLikelihood.loss(scores: scores, tiers: [[0], [1]]).item(),
            PairLikelihood.losses(differences: difference).item(), relative: 1e-6)
    }

    /// Whatever the scores, one of all possible rankings happens: 13 orders of three with ties.
    @Test func probabilitiesOfAllRankingsAddUp() {
        let scores = Tensor([Float(0.4), -1.1, 2])
        let rankings: [[[Int]]] =
            [[[0, 1, 2]]]
            + [[0, 1, 2], [1, 0, 2], [2, 0, 1]].flatMap {
                [[[$0[0]], [$0[1], $0[2]]], [[$0[1], $0[2]], [$0[0]]]]
            }
            + [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].map { $0.map { [$0] } }
        let total = rankings.reduce(0) {
            $0
                + exp(
                    -RankingLikelihood.loss(scores: scores, tiers: $1, logTies: Tensor([Float(0.5), -0.3]))
                        .item())
        }
        expectClose(total, 1, relative: 1e-6)
    }

    @Test func marks() {
        // With thresholds ±ln 3 and a score of 0: 1/4, 1/2, 1/4.
        let thresholds = Tensor([Float(-log(3.0)), Float(log(3.0))], shape: [1, 2]).expanded(to: [3, 2])
        let losses = RatingLikelihood.losses(
            scores: .zeros([3]), thresholds: thresholds, levels: [0, 1, 2])
        expectClose(losses.doubles(), [log(4), log(2), log(4)], relative: 1e-6)
        // Levels so close that a difference of their logistic functions would be 0 in fp32.
        let close = Tensor([Float(20), 20.001], shape: [1, 2])
        let loss = RatingLikelihood.losses(scores: Tensor([Float(0)]), thresholds: close, levels: [1]).item()
        #expect(abs(loss - (20 - log(0.001))) < 0.1, "\(loss)")
    }

    @Test func thumbs() {
        let losses = ThumbLikelihood.losses(
            scores: Tensor([Float(log(3.0)), Float(log(3.0))]), areGood: [true, false])
        expectClose(losses.doubles(), [-log(0.75), log(4)], relative: 1e-6)
    }

    /// Every likelihood's derivatives by all that it learns.
    @Test func gradientsAreDifferences() throws {
        let losses: [(name: String, count: Int, loss: (Tensor) -> Tensor)] = [
            (
                "pair", 3,
                { x in
                    PairLikelihood.losses(
                        differences: x[0..<1] - x[1..<2], logTies: x[2..<3], errorRates: Tensor([Float(0.1)])
                    ).sum()
                }
            ),
            (
                "tie", 3,
                { x in PairLikelihood.tieLosses(differences: x[0..<1] - x[1..<2], logTies: x[2..<3]).sum() }
            ),
            (
                "ranking", 6,
                { x in
                    RankingLikelihood.loss(scores: x[0..<4], tiers: [[2], [0, 3], [1]], logTies: x[4..<6])
                }
            ),
            (
                "rating", 4,
                { x in
                    let thresholds = RatingLikelihood.thresholds(
                        lowest: x[1..<2].unsqueezed(0), logGaps: x[2..<4].unsqueezed(0))
                    return RatingLikelihood.losses(
                        scores: x[0..<1].expanded(to: [4]), thresholds: thresholds.expanded(to: [4, 3]),
                        levels: [0, 1, 2, 3]
                    ).sum()
                }
            ),
            (
                "thumb", 2,
                { x in ThumbLikelihood.losses(scores: x[0..<1] - x[1..<2], areGood: [false]).sum() }
            ),
        ]
        for (name, count, loss) in losses {
            let point = (0..<count).map { Float(sin(Double($0) * 2.3 + 1)) }
            let parameters = Tensor(point)
            parameters.requiresGradient = true
            loss(parameters).backward()
            let gradient = try #require(parameters.gradient).doubles()
            let differences = point.indices.map { index -> Double in
                let values = [Float(0.01), -0.01].map { step in
                    loss(Tensor(point.indices.map { point[$0] + ($0 == index ? step : 0) })).item()
                }
                return (values[0] - values[1]) / 0.02
            }
            expectClose(gradient, differences, relative: 1e-3, name)
        }
    }
}
