import Datasets
import Foundation
import LanguageModels
import Models
import Runs
import Settings
import TestSupport
import Testing
import Torch
import Training

@testable import Methods

/// Advantages and losses of the family, worked out by hand.
@Suite struct GRPOTests {
    // MARK: Advantages

    /// Two groups of two: means 2 and 10, deviations √2 and 0, deviation of all √22.
    @Test func advantagesAreRelativeToTheGroup() {
        let scores: [Double?] = [1, 3, 10, 10]
        func found(_ scale: AdvantageScale) -> [Double] {
            groupRelativeAdvantages(scores: scores, groupSize: 2, scale: scale).compactMap(\.self)
        }
        let group = 1 / (2.0.squareRoot() + 1e-4)
        expectClose(found(.group), [-group, group, 0, 0], relative: 1e-12)
        let batch = 1 / (22.0.squareRoot() + 1e-4)
        expectClose(found(.batch), [-batch, batch, 0, 0], relative: 1e-12)
        #expect(found(.unscaled) == [-1, 1, 0, 0])
    }

    @Test func missingScoresLeaveTheBaseline() {
        let scores: [Double?] = [0, nil, 6, nil, 5, nil]
        #expect(
            groupRelativeAdvantages(scores: scores, groupSize: 3, scale: .unscaled) == [
                -3, nil, 3, nil, 0, nil,
            ])
        // A response without another to compare it with teaches nothing.
        #expect(leaveOneOutAdvantages(scores: scores, groupSize: 3) == [-6, nil, 6, nil, nil, nil])
    }

    @Test func theBaselineLeavesTheResponseOut() {
        #expect(leaveOneOutAdvantages(scores: [1, 2, 6], groupSize: 3) == [-3, -1.5, 4.5])
    }

    @Test func normalizedValuesHaveUnitDeviation() {
        let unit = 1 / (2.0.squareRoot() + 1e-4)
        let found = normalized([1, nil, 3])
        #expect(found[1] == nil)
        expectClose(found.compactMap(\.self), [-unit, unit], relative: 1e-12)
    }

    // MARK: Losses

    /// Two responses of one and three tokens, advantages 2 and −1.
    private func tokens(
        logRatios: [Double] = [0, 0, 0, 0], advantages: [Double] = [2, -1], drift: [Double] = [0, 0, 0, 0],
        entropies: [Double] = [1, 2, 3, 4], reference: [Double]? = nil
    ) -> ResponseTokens {
        let logProbabilities = Tensor(logRatios)
        logProbabilities.requiresGradient = true
        return ResponseTokens(
            logProbabilities: logProbabilities, entropies: Tensor(entropies), old: Tensor([0.0, 0, 0, 0]),
            sampling: Tensor(drift), reference: reference.map { Tensor($0) }, advantages: Tensor(advantages),
            weights: nil, lengths: [1, 3])
    }

    private func objective(
        _ loss: GRPO.Objective.Loss, _ change: (inout GRPO.Objective) -> Void = { _ in }
    ) -> GRPO.Objective {
        var objective = GRPO.Objective()
        objective.loss = loss
        change(&objective)
        return objective
    }

    private func losses(_ tokens: ResponseTokens, _ objective: GRPO.Objective) -> [Double] {
        GRPO.surrogate(tokens, objective).losses.doubles()
    }

    @Test func sumsOverResponses() {
        let tokens = tokens()
        #expect(tokens.summed(tokens.entropies).doubles() == [1, 9])
        #expect(tokens.averaged(tokens.entropies).doubles() == [1, 3])
        #expect(tokens.spread(tokens.advantages).doubles() == [2, -1, -1, -1])
    }

    /// At ratio 1 a token's loss is −A: −2, 1, 1, 1. Divided by two responses, four tokens, ten of the step, or sixteen
    /// that two responses of at most eight could have had.
    @Test(arguments: [
        (GRPO.Objective.Loss.grpo, -0.5), (.bnpo, 0.25), (.drGRPO, 0.0625), (.dapo, 0.1), (.luspo, 0.5),
        (.rloo, -0.5), (.sapo, -0.5),
    ]) func whatLossesAreDividedBy(_ loss: GRPO.Objective.Loss, _ expected: Double) {
        let objective = objective(loss) { $0.sapoTemperatureNegative = 1 }
        let tokens = tokens()
        func found(_ microBatches: Int) -> Double {
            let share = GRPO.StepShare(microBatches: microBatches, tokens: 10, maximumNewTokens: 8)
            let surrogate = GRPO.surrogate(tokens, objective)
            return GRPO.loss(surrogate, tokens, objective, share: share).item()
        }
        // σ(0) · 4 = 2 doubles sapo's.
        let factor = loss == .sapo ? 2.0 : 1
        expectClose(found(1), factor * expected, relative: 1e-12)
        expectClose(found(2), factor * expected / (loss == .dapo ? 1 : 2), relative: 1e-12)
    }

    @Test func ratiosAreClippedWhereItWouldPay() throws {
        let tokens = tokens(logRatios: [log(2), log(0.5), log(2), 0])
        let objective = objective(.grpo) {
            $0.epsilon = 0.1
            $0.epsilonHigh = 0.3
        }
        let surrogate = GRPO.surrogate(tokens, objective)
        expectClose(surrogate.losses.doubles(), [-2.6, 0.9, 2, 1], relative: 1e-12)
        surrogate.losses.sum().backward()
        // Clipped tokens carry no gradient; the others −Aρ.
        expectClose(
            try #require(tokens.logProbabilities.gradient).doubles(), [0, 0, 2, 1], relative: 1e-12)
        let metrics = GRPO.metrics(surrogate, tokens, objective)
        #expect(metrics["clip_ratio/low_mean"] == 0.25 && metrics["clip_ratio/high_mean"] == 0.25)
        #expect(metrics["clip_ratio/high_max"] == 1 && metrics["clip_ratio/low_min"] == 0)
        expectClose(losses(tokens, self.objective(.grpo) { $0.delta = 1.5 })[2], 1.5, relative: 1e-12)
    }

    @Test func ratiosOfResponses() {
        let tokens = tokens(logRatios: [log(1.1), log(2), log(0.5), log(0.729)])
        // The mean log-ratio of the second response is that of 0.9, the sum that of 0.729.
        let ofMean = objective(.grpo) { $0.importance = .sequence }
        expectClose(
            GRPO.surrogate(tokens, ofMean).ratios.doubles(), [1.1, 0.9, 0.9, 0.9], relative: 1e-12)
        expectClose(
            GRPO.surrogate(tokens, objective(.rloo)).ratios.doubles(), [1.1, 0.729, 0.729, 0.729],
            relative: 1e-12)
    }

    @Test func cispoCapsTheRatioAndKeepsTheGradient() throws {
        let tokens = tokens(logRatios: [log(3), 0, 0, 0])
        let surrogate = GRPO.surrogate(tokens, objective(.cispo) { $0.epsilonHigh = 1.5 })
        expectClose(surrogate.losses.doubles(), [-1.5 * 2 * log(3), 0, 0, 0], relative: 1e-12)
        surrogate.losses.sum().backward()
        expectClose(
            try #require(tokens.logProbabilities.gradient).doubles(), [-3, 1, 1, 1], relative: 1e-12)
    }

    /// φ(1) = 1; φ(2) = 2²·exp(3 − 6) for a good response.
    @Test func vespoWeighsResponses() {
        let surrogate = GRPO.surrogate(tokens(logRatios: [log(2), 0, 0, 0]), objective(.vespo))
        expectClose(
            surrogate.responseWeights?.doubles() ?? [], [4 * exp(-3), 1], relative: 1e-12)
    }

    /// k3 of a token half as likely under the policy as under the reference is 2 − log 2 − 1.
    @Test func theDivergenceIsAdded() {
        let (policy, reference): (Double, Double) = (log(1.1), log(2.2))
        let tokens = tokens(
            logRatios: [policy, 0, 0, 0], advantages: [0, 0], reference: [reference, 0, 0, 0])
        let half = 1 - log(2.0)
        let weight = { (objective: inout GRPO.Objective) in objective.beta = 0.5 }
        expectClose(losses(tokens, objective(.grpo, weight))[0], 0.5 * 1.1 * half, relative: 1e-12)
        let plain = objective(.grpo) {
            weight(&$0)
            $0.correctsKL = false
        }
        expectClose(losses(tokens, plain)[0], 0.5 * half, relative: 1e-12)
    }

    @Test func tokensThatCarryNoGradient() {
        // The upper half of four entropies lies above 2.5.
        #expect(losses(tokens(), objective(.grpo) { $0.topEntropyQuantile = 0.5 }) == [0, 0, 1, 1])
        // The second response has become 0.3 nats a token less likely since it was drawn; a good one may.
        let drifted = tokens(drift: [5, 0.3, 0.3, 0.3])
        #expect(losses(drifted, objective(.grpo) { $0.offPolicyThreshold = 0.2 }) == [-2, 0, 0, 0])
        #expect(losses(drifted, objective(.grpo) { $0.offPolicyThreshold = 0.4 }) == [-2, 1, 1, 1])
    }

    @Test func correctionsOfTheSampler() {
        var rollout = Rollout(
            row: 0, prompt: PreparedPrompt(text: .plain("a"), tokens: [5]), response: [6, 7],
            samplingLogProbabilities: [0, 0], finish: .stop, text: "")
        rollout.policyLogProbabilities = [log(2), log(0.25)]
        func weights(_ mode: SamplerCorrection.Mode?) -> [Double]? {
            var correction = SamplerCorrection()
            correction.mode = mode
            correction.maximum = 1.5
            correction.minimum = 0.4
            return correction.weights(of: rollout)
        }
        #expect(weights(nil) == nil)
        #expect(weights(.tokenTruncate) == [1.5, 0.4] && weights(.tokenMask) == [0, 0])
        expectClose(weights(.sequenceMask) ?? [], [0.5], relative: 1e-12)
        expectClose(weights(.sequenceTruncate) ?? [], [0.5], relative: 1e-12)
    }

    @Test func settingsThatCannotWorkAreRefused() {
        #expect(throws: InvalidSetting.self) { try objective(.cispo).validate() }
        #expect(throws: InvalidSetting.self) {
            try objective(.vespo) { $0.correction.mode = .tokenMask }.validate()
        }
        var method = GRPO.Configuration()
        method.groupSize = 3
        var training = TrainingConfiguration(learningRate: 1e-6)
        training.batchSize = 4
        #expect(throws: InvalidSetting.self) { _ = try GRPO.Schedule(training, method) }
        training.batchSize = 6
        #expect(throws: Never.self) { _ = try GRPO.Schedule(training, method) }
        method.rolloutBatch = 9
        #expect(throws: InvalidSetting.self) { _ = try GRPO.Schedule(training, method) }
    }
}
