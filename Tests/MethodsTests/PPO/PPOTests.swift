import Foundation
import Settings
import TestSupport
import Testing
import Torch
import Training

@testable import Methods

/// PPO's functions against an independent float64 implementation of the textbook formulas.
@Suite struct PPOTests {
    private let golden: GoldenValue
    private let lengths: [Int]

    init() throws {
        golden = try Fixtures.goldenValues("ppo/reference_functions.json")
        lengths = try golden["lengths"].ints
    }

    /// A padded golden matrix as ragged rows.
    private func rows(_ matrix: GoldenValue) throws -> [[Double]] {
        zip(try matrix.doubleRows, lengths).map { Array($0.prefix($1)) }
    }

    private func expectRows(_ found: [[Double]], _ expected: GoldenValue, _ what: String) throws {
        expectClose(found.flatMap { $0 }, try rows(expected).flatMap { $0 }, relative: 1e-9, what)
    }

    @Test func klEstimators() throws {
        let expected = try golden["kl_estimators"]
        let ratios = zip(try rows(golden["new_logprobs"]), try rows(golden["ref_logprobs"])).map {
            zip($0, $1).map(-)
        }
        for estimator in KLEstimator.allCases {
            try expectRows(
                ratios.map { $0.map { estimator($0) } }, expected[estimator.rawValue], estimator.rawValue)
        }
    }

    @Test func whitening() throws {
        for item in try golden["masked_whiten"].array {
            let shifts = try item["shift_mean"].bool
            let input = try item.optional("input") ?? golden["old_values"]
            try expectRows(whitened(rows(input), shiftingMean: shifts), item["output"], "shift \(shifts)")
        }
    }

    @Test func wholeUpdate() throws {
        let (old, new) = (try rows(golden["old_logprobs"]), try rows(golden["new_logprobs"]))
        let reference = try rows(golden["ref_logprobs"])
        let (oldValues, newValues) = (try rows(golden["old_values"]), try rows(golden["new_values"]))
        let (scores, ended) = (
            try golden["scores"].doubles, try golden["contains_eos"].array.map { try $0.bool }
        )
        let count = lengths.reduce(0, +)
        for item in try golden["end_to_end"].array {
            let estimator = try #require(KLEstimator(rawValue: item["kl_estimator"].string))
            let penalty = try item.optional("missing_eos_penalty")?.double ?? 0
            let coefficient = try item["kl_coef"].double
            var rewards = lengths.indices.map { row in
                PPO.rewards(
                    score: scores[row] - (ended[row] ? 0 : penalty), policy: old[row],
                    reference: reference[row],
                    estimator: estimator, coefficient: coefficient)
            }
            if try item["whiten_rewards"].bool { rewards = whitened(rewards, shiftingMean: false) }
            try expectRows(rewards, item["token_rewards"], "rewards")
            let discount = try item["gamma"].double
            let lambda = try item["lam"].double
            let estimates = zip(rewards, oldValues).map {
                generalizedAdvantages(rewards: $0, values: $1, discount: discount, lambda: lambda)
            }
            try expectRows(estimates.map(\.advantages), item["advantages_raw"], "advantages")
            try expectRows(estimates.map(\.returns), item["returns"], "returns")
            let advantages = whitened(estimates.map(\.advantages))
            try expectRows(advantages, item["advantages_whitened"], "whitened advantages")

            let flat = { (rows: [[Double]]) in Tensor(rows.flatMap { $0 }) }
            let (logProbabilities, values) = (flat(new), flat(newValues))
            logProbabilities.requiresGradient = true
            values.requiresGradient = true
            let policyLoss = PPO.policyLoss(
                logProbabilities: logProbabilities, old: flat(old), advantages: flat(advantages),
                clipRange: try item["cliprange"].double, count: count)
            let valueLoss = PPO.valueLoss(
                values: values, old: flat(oldValues), returns: flat(estimates.map(\.returns)),
                clipRange: try item["cliprange_value"].double, count: count)
            let total = policyLoss + valueLoss * (try item["vf_coef"].double)
            total.backward()
            expectClose(policyLoss.item(), try item["policy_loss"].double, relative: 1e-9, "policy loss")
            expectClose(valueLoss.item(), try item["value_loss"].double, relative: 1e-9, "value loss")
            expectClose(total.item(), try item["total_loss"].double, relative: 1e-9, "total loss")
            let (policyGradient, valueGradient) = (
                try #require(logProbabilities.gradient), try #require(values.gradient)
            )
            expectClose(
                policyGradient.doubles(), try rows(item["grad_new_logprobs"]).flatMap { $0 }, relative: 1e-9,
                "gradient of log-probabilities")
            expectClose(
                valueGradient.doubles(), try rows(item["grad_new_values"]).flatMap { $0 }, relative: 1e-9,
                "gradient of values")
        }
    }

    /// Three tokens by hand: γ = 0.5, λ = 0.5.
    @Test func advantagesByHand() {
        let (advantages, returns) = generalizedAdvantages(
            rewards: [0, 0, 8], values: [1, 2, 4], discount: 0.5, lambda: 0.5)
        // δ = 8 − 4 = 4; 0.5·4 − 2 = 0; 0.5·2 − 1 = 0, and each carries a quarter of the next advantage.
        #expect(advantages == [0.25, 1, 4])
        #expect(returns == [1.25, 3, 8])
    }

    @Test func controllerFollowsItsTarget() {
        var controller = KLController(coefficient: 0.1, target: 6, horizon: 10_000)
        controller.update(kl: 12, episodes: 500)
        expectClose(controller.coefficient, 0.1 * (1 + 0.2 * 0.05), relative: 1e-12)
        controller.update(kl: 5.4, episodes: 1000)
        expectClose(controller.coefficient, 0.1 * 1.01 * (1 - 0.1 * 0.1), relative: 1e-12)
        var fixed = KLController(coefficient: 0.05)
        fixed.update(kl: 100, episodes: 100)
        #expect(fixed.coefficient == 0.05)
    }

    /// Ratios so close to 1 that a mean of squares less a square of the mean is lost in rounding, and may be negative.
    @Test func theVarianceOfRatiosIsByDeviations() {
        expectClose(PPO.variance([0.999_999_9, 1.000_000_1]), 1e-14, relative: 1e-6)
        expectClose(PPO.variance([1, 2, 6]), 14.0 / 3, relative: 1e-12)
        #expect(PPO.variance([1.5, 1.5, 1.5]) == 0)
    }

    private func clippedShare(values: [Float], old: [Float], returns: [Float]) -> Double? {
        PPO.valueMetrics(
            values: Tensor(values), old: Tensor(old), returns: Tensor(returns), clipRange: 0.2,
            count: values.count)["val/clipfrac_avg"]
    }

    @Test func roundingClipsNoValue() {
        let old = (0..<200).map { Float($0) * 0.037 - 3 }
        let values = old.enumerated().map { $1 + 0.19 * Float(sin(Double($0))) }
        #expect(clippedShare(values: values, old: old, returns: old.map { $0 * 0.5 }) == 0)
        // Clipped to 0.3: the error of the first becomes larger, that of the second smaller.
        #expect(clippedShare(values: [0.5, 0.5], old: [0.1, 0.1], returns: [1, 0]) == 0.5)
        let loss = PPO.valueLoss(
            values: Tensor([0.5]), old: Tensor([0.1]), returns: Tensor([1]), clipRange: 0.2, count: 1)
        expectClose(loss.item(), 0.5 * 0.7 * 0.7, relative: 1e-6)
    }

    @Test(arguments: [(10, 6), (10, 5), (12, 4), (1, 1), (3, 6), (0, 2)])
    func minibatchesAreAsManyAsAskedFor(_ count: Int, _ parts: Int) {
        let minibatches = PPO.minibatches(of: Array(0..<count), count: parts)
        #expect(minibatches.count == parts && minibatches.flatMap(\.self) == Array(0..<count))
        let sizes = minibatches.map(\.count)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    }

    @Test(
        arguments: ["--clip-range", "--value-clip-range", "--target-kl"].flatMap { flag in
            [0, -1].map { (flag, $0) }
        }
            + ["--kl-coefficient", "--value-coefficient", "--missing-eos-penalty"].map { ($0, -1.0) })
    func whatWouldSpoilAnUpdateIsRefused(_ flag: String, _ value: Double) {
        for value in [value, .nan, .infinity] {
            #expect(throws: (any Error).self, "\(flag) \(value)") {
                try ConfigurationReader(file: nil, overrides: [.init(flag: flag, value: value)])
                    .read(TrainingSettings(PPO.self))
            }
        }
        #expect(throws: Never.self) {
            try ConfigurationReader(file: nil, overrides: [.init(flag: flag, value: 0.5)])
                .read(TrainingSettings(PPO.self))
        }
    }
}
