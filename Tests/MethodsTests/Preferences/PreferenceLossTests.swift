import Foundation
import LanguageModels
import TestSupport
import Testing
import Torch
import Training

@testable import Methods

/// Losses on numbers that were worked out by hand, and what must hold whatever the numbers are.
@Suite struct PreferenceLossTests {
    private func likelihoods(
        chosen: [Float], rejected: [Float], lengths: ([Float], [Float])? = nil,
        reference: (Float, Float)? = nil,
        divergence: FDivergence = FDivergence()
    ) -> PreferenceLikelihoods {
        let ones = [Float](repeating: 1, count: chosen.count)
        return PreferenceLikelihoods(
            policy: Pair(chosen: Tensor(chosen), rejected: Tensor(rejected)),
            reference: reference.map {
                Pair(chosen: Tensor(ones) * Double($0.0), rejected: Tensor(ones) * Double($0.1))
            },
            lengths: Pair(chosen: Tensor(lengths?.0 ?? ones), rejected: Tensor(lengths?.1 ?? ones)),
            chosenLikelihood: Tensor([-2.5]).sum(), divergence: divergence)
    }

    private func configuration(
        beta: Double = 0.4, smoothing: Double = 0.1
    ) -> DPO.Configuration {
        var configuration = DPO.Configuration()
        configuration.beta = beta
        configuration.labelSmoothing = smoothing
        configuration.discopopTemperature = 0.5
        return configuration
    }

    /// log-ratios 1.2 and −0.6, 4 and 2 tokens, β 0.4, ε 0.1, τ 0.5.
    @Test(arguments: [
        (DPO.Loss.sigmoid, 0.396594047), (.cdpo, 0.468594047), (.robust, 0.306594047),
        (.sigmoidNorm, 0.580329967), (.hinge, 0.28), (.ipo, 0.4225), (.ipoSum, 0.3025),
        (.exoPair, 0.192399430), (.ncaPair, 1.252677295), (.bcoPair, 1.062004841), (.sppoHard, 0.425),
        (.aot, 0.468594047), (.aotUnpaired, 0.468594047), (.apoZero, 0.822538476),
        (.apoDown, 0.945140858), (.discopop, 0.469482870), (.sft, 2.5),
    ]) func byHand(_ loss: DPO.Loss, _ expected: Double) {
        let likelihoods = likelihoods(
            chosen: [-1.8], rejected: [-4.6], lengths: ([4], [2]), reference: (-3, -4))
        expectClose(
            DPO.losses(loss, likelihoods, configuration()).sum().item(), expected, relative: 2e-6,
            loss.rawValue)
    }

    /// Sorted margins 1, 1, 3 against sorted margins −1, 0, 2 of the reference.
    @Test func transportSortsAndTiesAreHarmless() {
        let policy = Pair(chosen: Tensor([Float(3), 1, 1]), rejected: Tensor([Float(0), 0, 0]))
        policy.chosen.requiresGradient = true
        let likelihoods = PreferenceLikelihoods(
            policy: policy,
            reference: Pair(chosen: Tensor([Float(0), 2, -1]), rejected: Tensor([Float(0), 0, 0])),
            lengths: policy, chosenLikelihood: Tensor([0]).sum())
        let loss = AOT.paired(likelihoods, beta: 0.4, 0).mean()
        expectClose(loss.item(), 0.465710390, relative: 2e-6)
        loss.backward()
        let gradients = policy.chosen.gradient?.doubles() ?? []
        #expect(gradients.count == 3 && gradients.allSatisfy { $0.isFinite && $0 < 0 })
    }

    /// Every loss of differences falls as the chosen response rises and as the rejected one falls.
    @Test(arguments: DPO.Loss.allCases.filter { ![.apoDown, .sft, .ncaPair].contains($0) })
    func gradientsPointTheRightWay(_ loss: DPO.Loss) {
        let policy = Pair(chosen: Tensor([Float(-2), -3]), rejected: Tensor([Float(-2.5), -2]))
        policy.chosen.requiresGradient = true
        policy.rejected.requiresGradient = true
        let ones = Tensor([Float(1), 1])
        let likelihoods = PreferenceLikelihoods(
            policy: policy, reference: Pair(chosen: ones * -2.2, rejected: ones * -2.2),
            lengths: Pair(chosen: ones, rejected: ones), chosenLikelihood: policy.chosen.mean())
        DPO.losses(loss, likelihoods, configuration(beta: 0.2)).sum().backward()
        #expect(policy.chosen.gradient?.doubles().allSatisfy { $0 < 0 } == true, "\(loss)")
        #expect(policy.rejected.gradient?.doubles().allSatisfy { $0 > 0 } == true, "\(loss)")
    }

    /// Without smoothing cdpo and robust are sigmoid, and so are the sorted losses on one pair.
    @Test(arguments: [DPO.Loss.cdpo, .robust, .aot, .aotUnpaired]) func withoutSmoothing(_ loss: DPO.Loss) {
        let likelihoods = likelihoods(chosen: [-1.8], rejected: [-4.6], reference: (-3, -4))
        let settings = configuration(smoothing: 0)
        #expect(
            DPO.losses(loss, likelihoods, settings).doubles()
                == DPO.losses(.sigmoid, likelihoods, settings).doubles())
    }

    /// The expectation of the robust loss over flips is the loss without flips.
    @Test func robustUndoesFlips() {
        let (forward, backward) = (Tensor([Float(0.7)]), Tensor([Float(-0.7)]))
        let expected = LogisticLoss.robust(forward, 0.2) * 0.8 + LogisticLoss.robust(backward, 0.2) * 0.2
        expectClose(expected.item(), LogisticLoss.plain(forward).item(), relative: 1e-6)
    }

    /// cDPO's best margin has σ(x) = 1 − ε.
    @Test func smoothedLossHasItsMinimumAtTheErrorRate() {
        let x = Tensor([Float(Foundation.log(0.9 / 0.1))])
        x.requiresGradient = true
        LogisticLoss.smoothed(x, 0.1).sum().backward()
        expectClose(x.gradient?.item() ?? .nan, 0, relative: 1e-6)
    }

    /// Policy and reference that agree on everything: no loss is not a number, and sigmoid is log 2.
    @Test(arguments: DPO.Loss.allCases) func equalAnswersAndModels(_ loss: DPO.Loss) {
        let likelihoods = likelihoods(chosen: [-3, -3], rejected: [-3, -3], reference: (-3, -3))
        #expect(DPO.losses(loss, likelihoods, configuration()).sum().item().isFinite, "\(loss)")
        expectClose(
            DPO.losses(.sigmoid, likelihoods, configuration()).mean().item(), Foundation.log(2),
            relative: 1e-6)
    }

    /// Ratios far beyond what exp holds give numbers and gradients that are numbers.
    @Test(arguments: FDivergence.Kind.allCases, [Float(-500), 500])
    func divergencesDoNotOverflow(_ kind: FDivergence.Kind, _ ratio: Float) {
        var divergence = FDivergence()
        divergence.kind = kind
        for coefficient in [-1, 0.5, 1, 1.5, 3] {
            divergence.coefficient = coefficient
            let ratios = Tensor([ratio])
            ratios.requiresGradient = true
            let score = divergence.derivative(ofLogRatio: ratios)
            score.sum().backward()
            #expect(
                score.item().isFinite && ratios.gradient?.item().isFinite == true, "\(kind) \(coefficient)")
        }
    }

    /// u = e^1.2: reverse KL log u, forward KL 1 − 1/u, Jensen–Shannon log(2u/(1 + u)), α ½ (u^−½ − 1)/(−½).
    @Test func divergencesByHand() {
        let u = Foundation.exp(1.2)
        for (kind, expected) in [
            (FDivergence.Kind.reverseKL, 1.2), (.forwardKL, 1 - 1 / u),
            (.jensenShannon, Foundation.log(2 * u / (1 + u))), (.alpha, (1 / u.squareRoot() - 1) / -0.5),
        ] {
            var divergence = FDivergence()
            divergence.kind = kind
            expectClose(
                divergence.derivative(ofLogRatio: Tensor([Float(1.2)])).item(), expected, relative: 1e-6)
        }
    }

    @Test func discopopStaysFiniteFarBelowZero() {
        #expect(
            DiscoPOP.loss(Tensor([Float(-400), 400]), temperature: 0.05).doubles().allSatisfy { $0.isFinite })
    }

    @Test func mixturesAddUpAndLikelihoodIsOneOfThem() {
        let likelihoods = likelihoods(chosen: [-1.8, -2], rejected: [-4.6, -1], reference: (-3, -4))
        var mixed = configuration()
        mixed.losses = [.sigmoid, .bcoPair]
        mixed.lossWeights = [0.8, 0.2]
        mixed.sftWeight = 3
        let alone = mixed.losses.map { DPO.losses($0, likelihoods, mixed).mean().item() }
        expectClose(
            DPO.loss(likelihoods, mixed).item(), 0.8 * alone[0] + 0.2 * alone[1] + 3 * 2.5, relative: 1e-6)
        let importance = Tensor([Float(0), 2])
        mixed.losses = [.sigmoid]
        mixed.lossWeights = nil
        mixed.sftWeight = nil
        expectClose(
            DPO.loss(likelihoods, importance: importance, mixed).item(),
            DPO.losses(.sigmoid, likelihoods, mixed).doubles()[1], relative: 1e-6)
    }

    // MARK: Without a reference

    /// A = −1 and −2: log odds −1 − log(1 − e⁻¹) and −2 − log(1 − e⁻²).
    @Test func oddsByHand() {
        let averages = Pair(chosen: Tensor([Float(-1)]), rejected: Tensor([Float(-2)]))
        expectClose(ORPO.logOddsRatio(averages).item(), 1.313261688, relative: 2e-6)
    }

    @Test func certainAnswersHaveFiniteOdds() {
        let averages = Pair(chosen: Tensor([Float(0)]), rejected: Tensor([Float(-30)]))
        averages.chosen.requiresGradient = true
        let ratio = ORPO.logOddsRatio(averages)
        ratio.sum().backward()
        #expect(ratio.item().isFinite && averages.chosen.gradient?.item().isFinite == true)
    }

    /// β 2, γ ½: sums −4 and −5 for CPO, means −1 and −2 for the others, α 0.1.
    @Test(arguments: [
        (CPO.Configuration.Loss.sigmoid, 0.326928011), (.hinge, 0), (.ipo, 0.5625), (.simpo, 0.201413278),
        (.alphapo, 0.149519580),
    ]) func contrastiveByHand(_ loss: CPO.Configuration.Loss, _ expected: Double) {
        var configuration = CPO.Configuration()
        configuration.loss = loss
        configuration.beta = 2
        configuration.labelSmoothing = loss == .sigmoid ? 0.1 : 0
        configuration.shape.alpha = loss == .alphapo ? 0.1 : 0
        let measured: Pair<Float> =
            loss == .sigmoid ? Pair(chosen: -4, rejected: -5) : Pair(chosen: -1, rejected: -2)
        let rewards = measured.map { configuration.shape.rewards(Tensor([$0])) }
        expectClose(CPO.losses(rewards, configuration).item(), expected, relative: 2e-6)
    }

    @Test func bentRewardsDoNotOverflow() {
        var shape = CPO.Shape()
        shape.alpha = 2
        #expect(shape.rewards(Tensor([Float(-900)])).item().isFinite)
        shape.alpha = 1e-4
        expectClose(shape.rewards(Tensor([Float(-1.5)])).item(), -1.5, relative: 1e-3)
    }

    // MARK: Judged answers

    /// Log-ratios 1 and −½, z = ¼, β ½: the same distance of ¾ from the baseline.
    @Test func judgedByHand() {
        var configuration = KTO.Configuration()
        configuration.beta = 0.5
        configuration.weights.undesirable = 2
        let (ratios, labels) = (Tensor([Float(1), -0.5]), Tensor([Float(1), 0]))
        let losses = KTO.losses(ratios, isDesirable: labels, baseline: 0.25, configuration)
        expectClose(losses.doubles(), [0.407333400, 2 * 0.407333400], relative: 2e-6)
        configuration.loss = .apoZeroUnpaired
        let anchored = KTO.losses(ratios, isDesirable: labels, baseline: 0.25, configuration)
        expectClose(anchored.doubles(), [0.377540669, 2 * 0.437823499], relative: 2e-6)
    }
}
