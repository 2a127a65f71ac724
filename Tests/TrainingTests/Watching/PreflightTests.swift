import Datasets
import LanguageModels
import Models
import Rewards
import Runs
import TestSupport
import Testing

@testable import Training

@Suite struct PreflightTests {
    /// Answers of two tokens; `ended` says which of them did.
    private func rollouts(_ ended: [Bool]) -> [Rollout] {
        ended.enumerated().map { index, isEnded in
            Rollout(
                row: index / 2, prompt: PreparedPrompt(text: .plain("?"), tokens: [1]), response: [5, 2],
                samplingLogProbabilities: [-1, -1], finish: isEnded ? .stop : .length, text: "a")
        }
    }

    private func report(
        _ columns: [(name: String, weight: Double, scores: [Double?])], ended: [Bool]? = nil
    ) -> PreflightReport {
        PreflightReport(
            rollouts(ended ?? columns[0].scores.map { _ in true }).map { $0.rewardInput(at: nil) },
            RewardTable(columns: columns),
            groupSize: 2,
            maximumNewTokens: 2)
    }

    @Test func sharesAndSpread() {
        let found = report(
            [
                ("math", 1, [1, 0, 0, 0, 1, 1, 0, 1]),
                ("style", 0.5, [0.1, 0.3, 0.2, 0.2, 0.1, 0.3, 0.2, nil]),
            ])
        #expect(found.prompts == 4 && found.answers == 8 && found.eosRate == 1 && found.truncated == 0)
        #expect(found.rewards[0].successRate == 0.5 && found.rewards[1].successRate == nil)
        #expect(
            found.rewards[1].lowest == 0.1 && found.rewards[1].highest == 0.3 && found.rewards[1].scored == 7)
        // The second prompt's answers are equally wrong.
        #expect(found.tooEasy == 0 && found.tooHard == 0.25)
        #expect(found.warnings == [])
        #expect(found.lines[0] == "before the first update: 4 prompts, 8 answers of 2 tokens on average")
        #expect(found.lines.contains("  math       50 % right"))
    }

    @Test func withoutSignal() {
        #expect(report([("math", 1, [0, 0, 0, 0])]).warnings[0].hasPrefix("reward 'math' finds 0 % right"))
        #expect(report([("math", 1, [1, 1, 1, 1])]).warnings[0].hasPrefix("reward 'math' finds 100 % right"))
        #expect(
            report([("warm", 1, [2, 2, 2, 2])]).warnings[0].hasPrefix("reward 'warm' gives every answer 2"))
        #expect(report([("m", 1, [nil, nil])]).warnings[0].hasPrefix("reward 'm' could score no answer"))
        #expect(
            report([("math", 1, [0, 0, 0, 0])]).warnings.last?.contains("0 % too easy, 100 % too hard")
                == true)
        // What nothing learns from may stand still.
        #expect(report([("a", 1, [1, 2, 3, 4]), ("gold", 0, [1, 1, 1, 1])]).warnings == [])
    }

    @Test func cutOff() {
        let scores: [(name: String, weight: Double, scores: [Double?])] = [
            ("a", 1, (0..<20).map(Double.init))
        ]
        func warnings(ended count: Int) -> [String] {
            report(scores, ended: (0..<20).map { $0 < count }).warnings
        }
        #expect(warnings(ended: 18) == [])
        #expect(warnings(ended: 17).first?.hasPrefix("15 % of the answers are cut off at 2 tokens") == true)
        #expect(warnings(ended: 0).first?.hasPrefix("no answer ended within 2 tokens") == true)
    }

    @Test func agreementOfSamplerAndTrainer() {
        var rollouts = rollouts([true, true])
        rollouts[0].policyLogProbabilities = [-1, -1.5]
        rollouts[1].policyLogProbabilities = [-0.75, -1]
        let metrics = SamplerAgreement(rollouts).metrics
        #expect(metrics["on_policy/tokens"] == 4 && metrics["on_policy/identical"] == 0.5)
        #expect(metrics["on_policy/difference_mean"] == 0.1875 && metrics["on_policy/difference_max"] == 0.5)
        expectClose(metrics["on_policy/ratio_max"] ?? 0, 1.284_025_416_687_741_4, relative: 1e-12)
        expectClose(metrics["on_policy/ratio_min"] ?? 0, 0.606_530_659_712_633_4, relative: 1e-12)
    }

    private func record(_ step: Int, _ metrics: KeyValuePairs<String, Double>) -> MetricsRecord {
        MetricsRecord(
            step: step, epoch: 0, tokens: 0, seconds: 0,
            metrics: metrics.map { .init("on_policy/\($0.key)", $0.value) })
    }

    @Test func theCertificateSumsUpThreeBatches() throws {
        func batch(_ step: Int, tokens: Double, mean: Double, max: Double) -> MetricsRecord {
            record(
                step,
                [
                    "tokens": tokens, "identical": 0.25, "difference_mean": mean, "difference_p99": max / 2,
                    "difference_max": max, "ratio_min": 1 - max, "ratio_mean": 1, "ratio_max": 1 + max,
                ])
        }
        let records = [
            batch(1, tokens: 10, mean: 0.01, max: 0.02), batch(2, tokens: 30, mean: 0.02, max: 0.05),
            batch(3, tokens: 10, mean: 0.01, max: 0.04), batch(4, tokens: 10, mean: 9, max: 9),
        ]
        #expect(OnPolicyCertificate([], precision: .fp32) == nil)
        #expect(
            try #require(OnPolicyCertificate(Array(records.prefix(2)), precision: .fp32)).isComplete == false)
        let certificate = try #require(OnPolicyCertificate(records, precision: .bf16))
        #expect(certificate.isComplete)
        #expect(
            certificate.statement.hasPrefix(
                "on-policy: the sampler's log-probabilities of the 50 tokens of the first 3 batches are the trainer's to "
                    + "the bit for 25 % and differ by 0.016 nats on average, 0.025 at most for 99 % and 0.05 at most, "
                    + "ratios 0.95 to 1.05, 1 on average: bf16"))
        let exact = OnPolicyCertificate(
            [record(1, ["tokens": 7, "identical": 1])], precision: .fp32)
        #expect(
            exact?.statement.hasSuffix("7 tokens of the first batch are the trainer's to the bit") == true)
    }
}
