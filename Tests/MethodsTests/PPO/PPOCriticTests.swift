import Foundation
import LanguageModels
import Models
import Rewards
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing
import Torch
import Training

@testable import Methods

/// Critics of their own, and what is learned beside the reward, in runs on a tiny model.
@Suite(.serialized) struct PPOCriticTests {
    private let jobs: TinyRuns

    init() throws {
        jobs = try TinyRuns()
        let rows = (0..<8).map { row in
            #"{"prompt": "a", "responses": [{"tokens": [\#(5 + row), \#(20 + row), 2], "#
                + #""logprobs": [-6, -6, -6], "score": \#(row % 3)}]}"#
        }
        try jobs.folder.write(rows.joined(separator: "\n"), to: "rows.jsonl")
    }

    private func replayed(_ critic: CriticConfiguration.Origin = .policy) -> PPO.Configuration {
        var method = PPO.Configuration()
        method.rollouts.replay = jobs.folder.path("rows.jsonl")
        (method.rolloutBatch, method.ppoEpochs) = (8, 2)
        method.critic.origin = critic
        return method
    }

    private func run(
        _ method: PPO.Configuration, steps: Int = 3, learningRate: Double = 1e-3, output: String,
        adapters: AdapterTraining = AdapterTraining(), model: String? = nil
    ) throws -> [MetricsRecord] {
        var training = jobs.training(steps: steps, learningRate: learningRate)
        training.schedule = .constant
        training.model = model ?? training.model
        _ = try PPO.run(training, adapters: adapters, method: method, context: jobs.context(output))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    private func message(_ method: PPO.Configuration) -> String? {
        jobs.message { _ = try run(method, output: UUID().uuidString) }
    }

    /// A value is the score that the reward model gives to what was written so far.
    @Test func valuesAreScoresOfPrefixes() throws {
        let model = try RewardModel.load(from: Fixtures.golden("tiny-reward"))
        let sequences = [[5, 9, 17, 30], [8, 2, 44]]
        let batch = PackedBatch(sharing: sequences.map { (Array($0.prefix(1)), [Array($0.dropFirst())]) })
        let counts = batch.sequenceOfRow.map { batch.prefixes[$0] != nil }
        let values = withoutGradients { model.values(of: batch, counts: counts).doubles() }
        let prefixes = sequences.flatMap { whole in (1..<whole.count).map { Array(whole.prefix($0)) } }
        let scores = withoutGradients { model.scores(of: PackedBatch(prefixes)).doubles() }
        expectClose(values, scores, relative: 1e-5, "values")
    }

    /// It learns in its own weights alone: a policy whose rate is 0 stays where it is, and the critic does not.
    @Test func aNetworkLearnsByItself() throws {
        var method = replayed()
        method.critic.learningRate = 3e-3
        let records = try run(method, steps: 6, learningRate: 0, output: "run")
        // A head that says 0: half the mean square of what follows, here the scores 0, 1 and 2.
        #expect(records[0]["critic/vf_explained_var"] == 0)
        let losses = records.compactMap { $0["loss/value_avg"] }
        #expect(try #require(losses.last) < 0.5 * losses[0], "\(losses)")
        #expect(records.allSatisfy { $0["objective/kl"] == 0 && $0["critic/learning_rate"] == 3e-3 })
        #expect(records.allSatisfy { ($0["critic/grad_norm"] ?? 0) > 0 && $0["learning_rate"] == 0 })
        let final = jobs.folder.url.appending(path: "run/final/critic")
        #expect(try RewardModel.load(from: final).labels == ["LABEL_0"])
    }

    /// While the critic warms up, nothing is asked of the policy.
    @Test(arguments: [CriticConfiguration.Origin.head, .policy])
    func warmingUpLeavesThePolicyAlone(_ origin: CriticConfiguration.Origin) throws {
        var method = replayed(origin)
        method.critic.warmup = 2
        let records = try run(method, steps: 4, learningRate: 3e-3, output: "\(origin)")
        #expect(records.prefix(3).allSatisfy { $0["objective/kl"] == 0 })
        #expect(records.prefix(2).allSatisfy { $0["loss/policy_avg"] == nil && $0["loss/value_avg"] != nil })
        #expect(records[3]["objective/kl"] != 0 && records[2]["loss/policy_avg"] != nil)
        #expect(records[0]["critic/vf_explained_var"] == 0 && records[1]["critic/vf_explained_var"] != 0)
        method.critic.warmup = 4
        let message = jobs.message { _ = try run(method, steps: 4, output: "late") }
        #expect(message?.contains("critic_warmup: expected fewer steps than the run's 4") == true)
    }

    /// From the run's reward model it begins with its scores as values; a former critic goes on; by adapters where the policy
    /// is trained by them.
    @Test func whereACriticComesFrom() throws {
        let reward = try jobs.rewardAdapter()
        var method = replayed(.rewardModel)
        method.rewards.rewardModel = reward
        let first = try run(method, output: "first", adapters: jobs.lowRank)
        #expect(first[0]["critic/vf_explained_var"] != 0)
        #expect(jobs.folder.holds("first/final/critic/adapter_model.safetensors"))
        method.critic.origin = .model(jobs.folder.path("first/final/critic"))
        let second = try run(method, output: "second", adapters: jobs.lowRank)
        #expect(second[0]["critic/vf_explained_var"] != first[0]["critic/vf_explained_var"])
        let manifest = try RunManifest(contentsOf: jobs.folder.url.appending(path: "second/run.json"))
        #expect(manifest.inputs.contains { $0.role == "critic adapter" })
        // The policy is an adapter, and so is what begins as it: what it predicts comes from the adapter, its head says 0.
        let policy = try jobs.adapter()
        let third = try run(replayed(), output: "third", model: policy)
        #expect(third[0]["critic/vf_explained_var"] == 0)
        #expect(jobs.folder.holds("third/final/critic/adapter_model.safetensors"))
        // A language model's head says 0 as well; trained in full, it is saved whole.
        let fourth = try run(replayed(.model(jobs.model)), steps: 1, output: "fourth")
        #expect(fourth[0]["critic/vf_explained_var"] == 0)
        #expect(jobs.folder.holds("fourth/final/critic/model.safetensors"))
    }

    @Test func whatCannotBeACriticIsRefused() throws {
        #expect(message(replayed(.model("nowhere")))?.contains("nowhere") == true)
        let ensemble = jobs.folder.url.appending(path: "ensemble")
        try FileManager.default.createDirectory(at: ensemble, withIntermediateDirectories: true)
        try Data(#"{"members": ["a"]}"#.utf8).write(to: ensemble.appending(path: "ensemble.json"))
        #expect(message(replayed(.model(ensemble.path)))?.contains("critic: expected one model") == true)
        var settings = jobs.settings(RewardModeling.self, "reward/preference_plain.jsonl", steps: 1)
        settings.method.aspects = ["kind", "short"]
        let wide = try RewardModeling.run(settings, context: jobs.context("wide")).model
        #expect(message(replayed(.model(wide)))?.contains("found \(wide), which scores kind, short") == true)
    }

    // MARK: Beside the reward

    /// The loss of the rows beside is that of fine-tuning on them, by TRL's own numbers; and so is the gradient, where the
    /// responses, all of them worth 0, leave none.
    @Test func rowsBesideAreLearnedAsFineTuningDoes() throws {
        let golden = try Fixtures.goldenValues("sft/completion_only/expected.json")["steps"].array[0]
        var method = replayed(.head)
        method.ppoEpochs = 1
        method.pretraining.files = [Fixtures.golden("sft/prompt_completion.jsonl").path]
        method.pretraining.coefficient = 2
        var training = jobs.training(steps: 1)
        training.shuffle = false
        func record(_ output: String) throws -> MetricsRecord {
            _ = try PPO.run(training, method: method, context: jobs.context(output))
            return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))[0]
        }
        let first = try record("run")
        let expected = try golden["loss"].double
        expectClose(try #require(first["loss/ptx_avg"]), expected, relative: 1e-5)
        let policy = try #require(first["loss/policy_avg"])
        let value = try #require(first["loss/value_avg"])
        expectClose(try #require(first["loss"]), policy + 0.1 * value + 2 * expected, relative: 1e-5)
        let zeros = try jobs.folder.text("rows.jsonl").replacing(
            try Regex(#""score": \d"#), with: #""score": 0"#)
        try jobs.folder.write(zeros, to: "rows.jsonl")
        let norm = try golden["grad_norm"].double
        expectClose(try #require(try record("zeros")["grad_norm"]), 2 * norm, relative: 1e-4)
    }

    /// In the loss the KL is paid for by a gradient: the further from the reference, the stronger it pulls back.
    @Test func theKLInTheLossHoldsThePolicy() throws {
        func distance(_ coefficient: Double, _ placement: PPO.Configuration.KLPlacement) throws -> Double {
            var method = replayed(.head)
            (method.klCoefficient, method.klPlacement, method.klEstimator) = (coefficient, placement, .k3)
            let records = try run(
                method, steps: 6, learningRate: 3e-3, output: "\(coefficient)-\(placement)")
            if placement == .loss {
                #expect(
                    records.allSatisfy { $0["objective/non_score_reward"] == 0 && $0["loss/kl_avg"] != nil })
            }
            return try abs(#require(records.last?["objective/kl"]))
        }
        #expect(try distance(3, .loss) < 0.5 * distance(1e-6, .loss))
    }

    @Test func entropyIsRewarded() throws {
        var method = replayed(.head)
        let plain = try run(method, steps: 5, output: "plain")
        method.entropyCoefficient = 1
        let rewarded = try run(method, steps: 5, output: "rewarded")
        let entropy = { (records: [MetricsRecord]) in records.last?["policy/entropy_avg"] ?? .nan }
        #expect(entropy(rewarded) > entropy(plain))
        let first = rewarded[0]
        let parts = ["loss/policy_avg", "loss/value_avg", "policy/entropy_avg"].compactMap { first[$0] }
        expectClose(try #require(first["loss"]), parts[0] + 0.1 * parts[1] - parts[2], relative: 1e-9)
    }

    /// Normalised scores are learned, and the log still has the reward's own.
    @Test func normalisedScoresAreLearned() throws {
        var method = replayed(.head)
        method.ppoEpochs = 1
        method.scores.kind = .standard
        let record = try run(method, steps: 1, output: "run")[0]
        // 0 1 2 0 1 2 0 1: their mean is 7/8, and those of one batch in deviations from it add up to 0.
        #expect(record["objective/scores"] == 0.875)
        #expect(abs(try #require(record["objective/learned_scores"])) < 1e-12)
        #expect(record["objective/rlhf_reward"] == record["objective/learned_scores"])
    }

    /// All that a response was paid is in what explains it.
    @Test func answersAreExplained() throws {
        var method = replayed(.head)
        method.explain = 8
        let records = try run(method, steps: 2, output: "run")
        let explained = try ExplainedResponse.read(run: jobs.folder.url.appending(path: "run"))
        // The last step alone is due: lines are printed every ten.
        #expect(explained.count == 8 && explained.allSatisfy { $0.step == 2 && $0.tokens.count == 3 })
        let sum = { (values: [[Double]]) in values.joined().reduce(0, +) / 8 }
        expectClose(sum(explained.map(\.kl)), try #require(records[1]["objective/kl"]), relative: 1e-9)
        expectClose(
            sum(explained.map(\.rewards)), try #require(records[1]["objective/rlhf_reward"]), relative: 1e-9)
        #expect(explained[0].tokens.last == "<|im_end|>" && explained[1].score == 1)
        #expect(abs(sum(explained.map(\.advantages))) < 1e-9)
    }
}
