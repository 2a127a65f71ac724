import LanguageModels
import Models
import Rewards
import Settings
import TestSupport
import Testing
import Training

@testable import Methods

/// The relatives that settings make of GRPO, worked out by hand.
@Suite struct GroupVariantTests {
    /// Responses in groups of two with these scores.
    private func comparison(
        _ scores: [Double?], greedy: [Double?] = [], unfinished: Set<Int> = [],
        _ change: (inout GRPO.Configuration) -> Void
    ) throws -> GRPO.Comparison {
        var configuration = GRPO.Configuration()
        configuration.groupSize = 2
        change(&configuration)
        try configuration.validate()
        let rollouts = scores.indices.map { index in
            var rollout = Rollout(
                row: index / 2, prompt: PreparedPrompt(text: .plain("a"), tokens: [5]), response: [6],
                samplingLogProbabilities: [0], finish: unfinished.contains(index) ? .length : .stop, text: "")
            rollout.greedyScore = greedy.isEmpty ? nil : greedy[index / 2]
            return rollout
        }
        return try GRPO.Comparison(
            RewardTable(columns: [("reward", 1, scores)]), rollouts, configuration)
    }

    private func expectAdvantages(_ found: GRPO.Comparison, _ expected: [Double]) {
        expectClose(found.advantages.compactMap(\.self), expected, relative: 1e-12)
    }

    /// (r − mean) / mean: one right of two weighs 1, of four 3 and −1.
    @Test func maximumLikelihoodDividesByTheMean() throws {
        expectAdvantages(try comparison([1, 0, 0, 0]) { $0.scale = .mean }, [1, -1, 0, 0])
        expectAdvantages(
            try comparison([1, 0, 0, 0]) {
                $0.scale = .mean
                $0.groupSize = 4
            }, [3, -1, -1, -1])
        #expect(throws: InvalidSetting.self) { _ = try comparison([1, -0.1]) { $0.scale = .mean } }
    }

    /// With N responses of which K are right, the advantages over N sum up to the mean of the right ones' scores: the gradient of
    /// log(K/N) by the likelihood ratio, less a baseline that leaves it without bias (MaxRL, 2026).
    @Test(arguments: [1, 3, 7, 8]) func maximumLikelihoodWeighsTheRightOnesAlike(_ right: Int) {
        let scores = (0..<8).map { $0 < right ? 1.0 : 0 }
        let found = groupRelativeAdvantages(scores: scores, groupSize: 8, scale: .mean).compactMap(\.self)
        expectClose(
            found.map { $0 / 8 }, scores.map { $0 / Double(right) - 1.0 / 8 }, relative: 1e-12)
    }

    @Test func theMostProbableResponseIsTheBaseline() throws {
        let found = try comparison([1, 0, 0.5, nil, 1, 1], greedy: [0, 0.5, nil]) { $0.baseline = .greedy }
        #expect(found.advantages == [1, 0, 0, nil, nil, nil])
        // All right and all wrong teach something where the most probable one is the other.
        let signals = try comparison([1, 1, 0, 0, 1, 1], greedy: [0, 1, 1]) { $0.baseline = .greedy }
        #expect(signals.signals == [true, true, false])
        #expect(
            try comparison([3], greedy: [1]) {
                $0.baseline = .greedy; $0.groupSize = 1
            }.advantages == [2])
        #expect(
            try comparison([3, 0], greedy: [2]) {
                $0.baseline = .greedy
                $0.rewardClipRange = [0, 1]
            }.advantages == [0, -1])
    }

    /// REINFORCE++: scores 1 0 0 0 have mean ¼ and deviation ½; with the group's baseline ½ −½ 0 0 have mean 0 and 1/√6.
    @Test func advantagesOfAWholeBatch() throws {
        let plain = try comparison([1, 0, 0, 0]) {
            $0.baseline = .zero
            $0.normalizesAdvantages = true
        }
        expectAdvantages(plain, [0.75, -0.25, -0.25, -0.25].map { $0 / (0.5 + 1e-4) })
        #expect(plain.signals == [true, false])
        let withBaseline = try comparison([1, 0, 0, 0]) {
            $0.scale = .unscaled
            $0.normalizesAdvantages = true
        }
        let unit = 0.5 / ((1.0 / 6).squareRoot() + 1e-4)
        expectAdvantages(withBaseline, [unit, -unit, 0, 0])
        #expect(
            try comparison([2, 5], { $0.baseline = .zero }).advantages == [2, 5])
    }

    /// Two answers: the better one has 1/√2, whatever the distance.
    @Test func twoAnswersAreASign() throws {
        let half = 0.5 / (0.5.squareRoot() + 1e-4)
        expectAdvantages(try comparison([1, 0, 0, 0]) { _ in }, [half, -half, 0, 0])
    }

    @Test func whatIsCutOffGivesNoSignal() throws {
        let masked = try comparison([1, 0, 0, 1, 0, 1], unfinished: [0, 1, 2]) { $0.masksTruncated = true }
        #expect(masked.signals == [false, true, true])
        #expect(masked.advantages.map { $0 == nil } == [true, true, true, false, false, false])
        #expect(try comparison([1, 0], unfinished: [0, 1]) { _ in }.signals == [true])
    }

    /// What is wrong with flags of `grpo`.
    private func read(_ flags: [String: any Encodable & Sendable]) -> String? {
        do {
            _ = try ConfigurationReader(
                file: nil, overrides: flags.map { .init(flag: $0.key, value: $0.value) }
            ).read(TrainingSettings(GRPO.self))
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func whatMakesNoSenseIsRefused() {
        func message(_ change: (inout GRPO.Configuration) -> Void) -> String {
            var configuration = GRPO.Configuration()
            change(&configuration)
            do { try configuration.validate() } catch { return "\(error)" }
            return ""
        }
        #expect(message { $0.groupSize = 1 }.hasPrefix("group_size: expected at least 2, as a response"))
        #expect(
            message {
                $0.baseline = .greedy; $0.scale = .group
            }
                == "scale_rewards: expected none beside the baseline greedy, found group")
        #expect(
            message {
                $0.objective.loss = .rloo; $0.scale = .batch
            }.contains("baseline others"))
        #expect(
            message {
                $0.aggregation = .normalizeThenSum; $0.scale = .batch
            }
            .hasPrefix("reward_aggregation: expected sum_then_normalize beside another baseline"))
        #expect(
            message {
                $0.refills = 2; $0.rollouts.replay = "r"
            }
                == "refills: expected 0 beside replay, which has no further prompts, found 2")
        #expect(
            message {
                $0.refills = 2; $0.baseline = .zero
            }.contains("every response teaches"))
        #expect(
            message {
                $0.baseline = .greedy; $0.rollouts.replay = "r"
            }.contains("no most probable"))
        #expect(read(["--pass-score": 2])?.contains("expected curriculum or refills beside it") == true)
        #expect(read(["--pass-score": 2, "--refills": 1]) == nil)
        #expect(read(["--curriculum-factor": 2])?.contains("expected curriculum beside it") == true)
        var objective = GRPO.Objective()
        (objective.loss, objective.delta) = (.sapo, 2)
        #expect(throws: InvalidSetting.self) { try objective.validate() }
        (objective.loss, objective.delta, objective.importance) = (.rloo, nil, .sequence)
        #expect(throws: InvalidSetting.self) { try objective.validate() }
        var rollouts = RolloutConfiguration(temperature: 1, maximumNewTokens: 9)
        (rollouts.replay, rollouts.curriculum.band) = ("r", [0.1, 0.9])
        #expect(throws: InvalidSetting.self) { try rollouts.validate() }
        for band in [[0.1], [0.9, 0.1]] {
            rollouts.curriculum.band = band
            #expect(throws: InvalidSetting.self) { try rollouts.curriculum.validate() }
        }
    }

    // MARK: Entropy

    /// By hand: the entropies 3, 1, 1, 3 about the target 2, steps of 0.1 from 0.05 between 0 and 0.2.
    @Test func theWeightOfEntropyMoves() {
        var bonus = EntropyBonus()
        (bonus.isAdaptive, bonus.coefficient, bonus.target, bonus.step, bonus.maximum) = (
            true, 0.05, 2, 0.1, 0.2
        )
        var control = EntropyControl(bonus)
        var found: [(weight: Double, coefficient: Double)] = []
        for entropy in [3.0, 1, 2, 1, 3] {
            let weight = control.weight
            control.update(entropy: entropy)
            found.append((weight, control.coefficient))
        }
        // In force from the step after the first low one; gone after a high one.
        expectClose(found.map(\.weight), [0, 0, 0.1, 0.2, 0.2], relative: 1e-12)
        expectClose(found.map(\.coefficient), [0, 0.1, 0.2, 0.2, 0.1], relative: 1e-12)
        #expect(control.weight == 0)
        var resumed = EntropyControl(bonus)
        resumed.state = control.state
        #expect(resumed.coefficient == control.coefficient && resumed.weight == 0)
    }

    @Test func aFixedWeightStays() {
        var bonus = EntropyBonus()
        bonus.coefficient = 0.3
        var control = EntropyControl(bonus)
        control.update(entropy: 0)
        #expect(control.weight == 0.3 && control.state.isEmpty)
        #expect(read(["--entropy-target": 1])?.contains("expected adaptive_entropy beside it") == true)
        #expect(read(["--entropy-target": 1, "--adaptive-entropy": true]) == nil)
        (bonus.isAdaptive, bonus.maximum) = (true, 0.2)
        #expect(throws: InvalidSetting.self) { try bonus.validate() }
    }
}
