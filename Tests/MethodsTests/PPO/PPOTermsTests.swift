import Foundation
import Models
import Settings
import TestSupport
import Testing
import Torch
import Training

@testable import Methods

/// What PPO's loss and rewards are made of besides the textbook's, by values worked out by hand.
@Suite struct PPOTermsTests {
    private func gradient(of tensor: Tensor, _ loss: (Tensor) -> Tensor) -> (value: [Double], slope: [Double])
    {
        tensor.requiresGradient = true
        let result = loss(tensor)
        result.sum().backward()
        return (result.detached().doubles(), tensor.gradient?.doubles() ?? [])
    }

    // MARK: Dual clip

    /// c = 3, ε = 0.2. A bad token (A = −2) whose ratio is 5 costs 10 by one clip and 6 by two, without a gradient; at a ratio
    /// of 2 it costs 4, with its gradient 2·ρ; at 0.5 it is clipped from below to 1.6. A good one (A = 2) stays at −2.4.
    @Test func aBadTokenPullsNoFurtherThanTheBound() {
        let ratios = [5, 2, 0.5, 5.0]
        let found = gradient(of: Tensor(ratios.map { log($0) })) {
            PPO.policyLoss(
                logProbabilities: $0, old: Tensor([0, 0, 0, 0.0]), advantages: Tensor([-2, -2, -2, 2.0]),
                clipRange: 0.2, dualClip: 3, count: 1)
        }
        expectClose(found.value[0], 6 + 4 + 1.6 - 2.4, relative: 1e-12)
        expectClose(found.slope, [0, 4, 0, 0], relative: 1e-12, "dual clip")
        let metrics = PPO.policyMetrics(
            logProbabilities: Tensor(ratios.map { log($0) }), old: Tensor([0, 0, 0, 0.0]),
            entropies: Tensor([1, 1, 1, 1.0]), advantages: Tensor([-2, -2, -2, 2.0]),
            {
                var settings = PPO.Configuration()
                settings.dualClip = 3
                return settings
            }(), count: 4)
        #expect(metrics["policy/dual_clipfrac_avg"] == 0.25 && metrics["policy/entropy_avg"] == 1)
    }

    @Test func withoutABoundNothingChanges() {
        let arguments = { (bound: Double?) in
            PPO.policyLoss(
                logProbabilities: Tensor([0.4, -0.3, 1.9]), old: Tensor([0.1, 0.2, -0.5]),
                advantages: Tensor([1, -2, 0.5]), clipRange: 0.2, dualClip: bound, count: 3
            ).item()
        }
        #expect(arguments(nil) == arguments(1e6))
        let plain = PPO.policyMetrics(
            logProbabilities: Tensor([0.0]), old: Tensor([0.0]), entropies: Tensor([0.0]),
            advantages: Tensor([1.0]), PPO.Configuration(), count: 1)
        #expect(plain["policy/dual_clipfrac_avg"] == nil)
    }

    // MARK: KL in the loss

    /// π = 1/2, π_ref = 1/4, π_old = 2/5: x = ln 2, ρ = 1.25.
    @Test(arguments: [
        (KLEstimator.k1, 0.866_433_975_699_932, 2.116_433_975_699_932),
        (.k2, 0.300_283_133_698_876, 0.866_433_975_699_932),
        (.k3, 0.241_433_975_699_932, 0.866_433_975_699_932),
    ]) func lossOfTheKL(_ estimator: KLEstimator, _ value: Double, _ slope: Double) {
        let found = gradient(of: Tensor([log(0.5)])) {
            estimator.loss(
                logProbabilities: $0, old: Tensor([log(0.4)]), reference: Tensor([log(0.25)]))
        }
        expectClose(found.value[0], value, relative: 1e-12, "\(estimator)")
        expectClose(found.slope[0], slope, relative: 1e-12, "\(estimator)")
    }

    /// Over everything that could have been drawn, the gradient of each is that of KL(π‖π_ref), also when the policy has moved
    /// since; the divergence's own is taken by differences.
    @Test(arguments: KLEstimator.allCases)
    func inExpectationTheGradientIsThatOfTheDivergence(_ estimator: KLEstimator) {
        let logits = [0.3, -0.9, 0.5]
        func logarithms(_ logits: [Double]) -> [Double] {
            let total = log(logits.reduce(0) { $0 + exp($1) })
            return logits.map { $0 - total }
        }
        let (old, reference) = (logarithms([0, 0.4, -0.2]), logarithms([1, -0.5, 0.2]))
        func divergence(_ logits: [Double]) -> Double {
            zip(logarithms(logits), reference).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
        }
        let expected = logits.indices.map { index in
            var (up, down) = (logits, logits)
            up[index] += 1e-5
            down[index] -= 1e-5
            return (divergence(up) - divergence(down)) / 2e-5
        }
        let found = gradient(of: Tensor(logits)) {
            let losses = estimator.loss(
                logProbabilities: $0.logSoftmax(), old: Tensor(old), reference: Tensor(reference))
            return losses * Tensor(old.map { exp($0) })
        }
        for (one, other) in zip(found.slope, expected) { #expect(abs(one - other) < 1e-9, "\(estimator)") }
        if estimator != .k2 { expectClose(found.value.reduce(0, +), divergence(logits), relative: 1e-12) }
    }

    @Test func wherePenaltiesAreInTheLossRewardsAreScores() {
        var rollout = Rollout(
            row: 0, prompt: PreparedPrompt(text: .plain("a"), tokens: [1], columns: [:]),
            response: [5, 6, 2],
            samplingLogProbabilities: [-1, -1, -1], finish: .stop, text: "b")
        rollout.policyLogProbabilities = [-1, -1, -1]
        rollout.referenceLogProbabilities = [-2, -1, -3]
        rollout.values = [0, 0, 0]
        rollout.score = 4
        var settings = PPO.Configuration()
        func rewards() -> [Double] {
            PPO.experiences([rollout], scores: [4], coefficient: 0.1, settings)[0].rewards
        }
        expectClose(rewards(), [-0.1, 0, 3.8], relative: 1e-12, "in rewards")
        settings.klPlacement = .loss
        #expect(rewards() == [0, 0, 4])
    }

    // MARK: Scores

    /// After 1 and 3 the mean is 2 and the deviation √2; after 8 they are 4 and √13.
    @Test func scoresAreComparedWithAllBeforeThem() throws {
        var running = RunningScores()
        var settings = ScoreNormalization()
        settings.kind = .standard
        #expect(running.normalized(3, settings) == 3)
        running.add([1])
        #expect(running.normalized(3, settings) == 2)
        running.add([3])
        expectClose(running.normalized(3, settings), 1 / 2.0.squareRoot(), relative: 1e-12)
        running.add([8])
        expectClose(running.normalized(8, settings), 4 / 13.0.squareRoot(), relative: 1e-12)
        settings.clip = 1
        #expect(running.normalized(8, settings) == 1 && running.normalized(-80, settings) == -1)
        (settings.kind, settings.clip) = (.scale, nil)
        expectClose(running.normalized(8, settings), 8 / 13.0.squareRoot(), relative: 1e-12)
        settings.kind = .none
        #expect(running.normalized(8, settings) == 8)
        let copy = try JSONDecoder().decode(RunningScores.self, from: JSONEncoder().encode(running))
        #expect(copy == running)
    }

    /// Scores that are all the same have no scale.
    @Test func scoresThatNeverVaryKeepTheirs() {
        var running = RunningScores()
        running.add([2, 2, 2])
        var settings = ScoreNormalization()
        settings.kind = .scale
        #expect(running.normalized(2, settings) == 2)
        settings.kind = .standard
        #expect(running.normalized(2, settings) == 0)
    }

    // MARK: Settings

    /// Each asks for something that would do nothing, or that contradicts another.
    @Test(
        arguments: [
            (["--kl-horizon": 5], "kl_horizon: expected target_kl beside it"),
            (["--kl-coefficient": 0, "--target-kl": 6], "target_kl: expected kl_coefficient beside it"),
            (["--kl-coefficient": 0, "--kl-in": "loss"], "kl_in: expected kl_coefficient beside it"),
            (
                ["--critic": "policy", "--value-coefficient": 0.5],
                "value_coefficient: expected nothing beside a"
            ),
            (["--critic": "reward-model"], "critic: expected a reward_model for it to start from"),
            (["--ptx-coefficient": 2], "ptx_coefficient: expected ptx_data beside it"),
            (["--ptx-batch-size": 2], "ptx_batch_size: expected ptx_data beside it"),
            (["--explain": 9, "--rollout-batch": 8], "explain: expected at most rollout_batch"),
            (["--dual-clip": 1], "dual_clip"), (["--score-clip": 0], "score_clip"),
        ] as [([String: any Encodable & Sendable], String)])
    func whatWouldDoNothingIsRefused(_ flags: [String: any Encodable & Sendable], _ message: String) {
        do {
            _ = try ConfigurationReader(
                file: nil, overrides: flags.map { .init(flag: $0.key, value: $0.value) }
            ).read(TrainingSettings(PPO.self))
            Issue.record("\(flags.keys) are accepted")
        } catch {
            // A flag's message names the flag.
            #expect("\(error)".replacing("-", with: "_").contains(message))
        }
    }

    /// TRL's `math.ceil(total_episodes / batch_size)`.
    @Test(arguments: [
        ("total_episodes: 10000", 157), ("total_episodes: 64", 1), ("total_episodes: 65", 2),
        ("total_episodes: 100\nrollout_batch: 8", 13), ("total_episodes: null", nil),
    ])
    func episodesAreSteps(_ yaml: String, _ steps: Int?) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(yaml.utf8).write(to: file)
        let resolved = try ConfigurationReader(file: file).read(TrainingSettings(PPO.self))
        #expect(resolved.value.training.maximumSteps == steps)
        #expect(resolved.notes.contains { $0.contains("max_steps is \(steps ?? 0)") } == (steps != nil))
        let flagged = try ConfigurationReader(
            file: file, overrides: [.init(flag: "--max-steps", value: 3)]
        ).read(TrainingSettings(PPO.self))
        #expect(flagged.value.training.maximumSteps == 3)
    }

    /// A file of TRL's PPO: what Heed has a setting for is taken, what changes nothing is noted, the rest says what to set.
    @Test func filesOfTRLAreUnderstood() throws {
        func read(_ yaml: String) throws -> ResolvedConfiguration<TrainingSettings<PPO>> {
            let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data(yaml.utf8).write(to: file)
            return try ConfigurationReader(file: file).read(TrainingSettings(PPO.self))
        }
        let resolved = try read(
            """
            model_name_or_path: m
            sft_model_path: m
            reward_model_path: r
            num_ppo_epochs: 2
            num_mini_batches: 3
            kl_coef: 0.1
            cliprange: 0.3
            cliprange_value: 0.4
            vf_coef: 0.2
            lam: 0.9
            gamma: 0.99
            response_length: 20
            stop_token: eos
            missing_eos_penalty: 0.5
            whiten_rewards: true
            local_rollout_forward_batch_size: 4
            num_sample_generations: 10
            """)
        let (method, training) = (resolved.value.method, resolved.value.training)
        #expect(training.model == "m" && method.rewards.rewardModel == "r")
        #expect(method.ppoEpochs == 2 && method.minibatches == 3 && method.klCoefficient == 0.1)
        #expect(method.clipRange == 0.3 && method.valueClipRange == 0.4 && method.valueCoefficient == 0.2)
        #expect(method.lambda == 0.9 && method.discount == 0.99 && method.rollouts.maximumNewTokens == 20)
        #expect(method.missingEOSPenalty == 0.5 && method.whitenRewards)
        #expect(resolved.ignoredKeys == ["local_rollout_forward_batch_size", "num_sample_generations"])
        // TRL's batch is a product of its keys, and Heed's a number of its own.
        let note =
            "expected rollout_batch or batch_size beside it, as a step learns from 64 responses otherwise"
        #expect(resolved.notes.count { $0.contains("num_mini_batches: \(note)") } == 1)
        #expect(try read("per_device_train_batch_size: 8").notes.count == 1)
        #expect(try read("per_device_train_batch_size: 8\nrollout_batch: 32").notes.isEmpty)
        for (yaml, advice) in [
            ("total_episodes: many", "expected a whole number of at least 1, found 'many'"),
            ("total_episodes: 0", "expected a whole number of at least 1, found '0'"),
            ("total_episodes: 100\nmax_steps: 2", "'total_episodes' says again what 'max_steps' says"),
            ("stop_token_id: 7", "the model's own stop tokens"),
            (
                "model_name_or_path: a\nsft_model_path: b",
                "'sft_model_path' says again what 'model_name_or_path' says"
            ),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try read(yaml) }
            #expect(error?.description.contains(advice) == true, "\(error as Any)")
        }
    }
}
