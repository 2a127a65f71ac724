import Foundation
import Runs
import TestSupport
import Testing

@testable import Training

/// What must raise an alarm, and beside it what must not.
@Suite struct WatchTests {
    /// Names of the alarms, in order, in a run whose metrics take these values step by step.
    private func alarms(
        _ columns: [String: [Double]], totalSteps: Int? = nil, klBudget: Double? = nil, gold: [String] = []
    ) -> [Alarm] {
        var doctor = RunDoctor(totalSteps: totalSteps, klBudget: klBudget, gold: gold, precision: .fp32)
        for step in 0..<(columns.values.map(\.count).max() ?? 0) {
            doctor.take(
                step: step + 1,
                columns.compactMap { name, values in
                    step < values.count ? MetricsRecord.Metric(name, values[step]) : nil
                })
        }
        return doctor.alarms
    }

    private func names(
        _ columns: [String: [Double]], totalSteps: Int? = nil, klBudget: Double? = nil, gold: [String] = []
    ) -> [String] {
        alarms(columns, totalSteps: totalSteps, klBudget: klBudget, gold: gold).map(\.name)
    }

    private func steady(_ value: Double, _ count: Int = 12) -> [Double] {
        Array(repeating: value, count: count)
    }

    private func line(_ start: Double, _ slope: Double, _ count: Int) -> [Double] {
        (0..<count).map { start + slope * Double($0) }
    }

    // MARK: Distance

    @Test func distanceFromTheReference() {
        #expect(names(["objective/kl": steady(10.5)]) == ["kl budget"])
        #expect(names(["objective/kl": steady(9.9)]) == [])
        // A single batch is noise.
        #expect(names(["objective/kl": steady(2, 11) + [30]]) == [])
        #expect(names(["objective/kl": [0.1, 2.5]], klBudget: 2) == [])
        #expect(names(["objective/kl": [0.1, 2.5, 4]], klBudget: 2) == ["kl budget"])
        // Long answers may differ by more.
        #expect(names(["objective/kl": steady(25), "completions/mean_length": steady(300)]) == [])
        #expect(names(["objective/kl": steady(31), "completions/mean_length": steady(300)]) == ["kl budget"])
    }

    /// 0.4 nats a token are 12 in an answer of 30.
    @Test func distanceOfATokenIsThatOfAResponse() {
        #expect(names(["kl": steady(0.4), "completions/mean_length": steady(30)]) == ["kl budget"])
        #expect(names(["kl": steady(0.3), "completions/mean_length": steady(30)]) == [])
        #expect(names(["kl": steady(40)]) == [])
    }

    @Test func negativeDistance() {
        #expect(names(["objective/kl": steady(-1.2)]) == ["negative kl"])
        #expect(names(["objective/kl": steady(-0.8)]) == [])
    }

    @Test func samplerAndTrainer() {
        #expect(names(["on_policy/difference_mean": [2e-4]]) == ["sampler = trainer"])
        #expect(names(["on_policy/difference_mean": [2e-5]]) == [])
    }

    // MARK: Entropy

    /// From 1.4 nats by 0.03 a step it reaches 0.1 in step 45.
    @Test func entropyIsJudgedByWhenItIsGone() throws {
        let falling = ["policy/entropy_avg": line(1.4, -0.03, 20), "objective/scores": line(0, 0.1, 20)]
        #expect(names(falling, totalSteps: 40) == [])
        let alarm = try #require(alarms(falling, totalSteps: 50).first)
        #expect(alarm.name == "entropy" && alarm.step == 17 && alarm.seen.contains("by step 45"))
        // Low and still explores; it may fall where nothing is explored.
        #expect(names(["entropy": steady(0.15, 40), "reward": steady(1, 40)], totalSteps: 1000) == [])
        #expect(names(["entropy": line(1.4, -0.03, 40)], totalSteps: 1000) == [])
    }

    @Test func entropyThatIsGone() {
        let gone = steady(1.2, 6) + steady(0.05, 10)
        #expect(names(["entropy": gone, "reward": steady(1, 16)], totalSteps: 16) == ["entropy"])
        let noise = (0..<40).map { $0.isMultiple(of: 2) ? 1.0 : 0.6 }
        #expect(names(["entropy": noise, "reward": steady(1, 40)], totalSteps: 1000) == [])
    }

    // MARK: Answers

    @Test func repetition() {
        #expect(names(["completions/distinct_2": steady(0.76, 5) + steady(0.5, 5)]) == ["repetition"])
        #expect(names(["completions/distinct_2": steady(0.76, 5) + steady(0.6, 5)]) == [])
    }

    @Test func length() {
        func run(_ end: Double) -> [String] {
            names(["completions/mean_length": steady(30, 5) + steady(end, 5), "reward": steady(1, 10)])
        }
        #expect(run(65) == ["length"] && run(14) == ["length"])
        #expect(run(55) == [] && run(16) == [])
    }

    @Test func truncation() {
        #expect(names(["completions/clipped_ratio": steady(0.35)]) == ["truncation"])
        #expect(names(["completions/clipped_ratio": steady(0.25)]) == [])
        #expect(names(["completions/clipped_ratio": steady(1, 4)]) == [])
    }

    // MARK: Groups

    @Test func groupsWithoutSignal() throws {
        #expect(names(["frac_reward_zero_std": steady(0.45)]) == [])
        func alarm(easy: Double, hard: Double) throws -> Alarm {
            try #require(
                alarms([
                    "frac_reward_zero_std": steady(easy + hard), "groups/too_easy": steady(easy),
                    "groups/too_hard": steady(hard),
                ]).first)
        }
        let hard = try alarm(easy: 0.05, hard: 0.6)
        #expect(hard.name == "groups without signal" && hard.seen.contains("5 % too easy and 60 % too hard"))
        #expect(hard.advice.hasPrefix("easier prompts"))
        #expect(try alarm(easy: 0.6, hard: 0.1).advice.hasPrefix("harder prompts"))
        #expect(try alarm(easy: 0.3, hard: 0.3).advice.hasPrefix("prompts of middling difficulty"))
        // Others do not tell which; a mean reward among 0 and 1 does.
        let elsewhere = alarms(["frac_reward_zero_std": steady(0.8), "reward": steady(0.9)])
        #expect(elsewhere.first?.seen.contains("mostly too easy") == true)
    }

    @Test func groupsAreTooEasyOrTooHard() {
        let marks: [Double?] = [1, 1, 0, 0, 1, 0, nil, 1, nil, nil]
        let shares = Metrics.silentGroups(marks, groupSize: 2, fullMarks: 1)
        #expect(shares["groups/too_easy"] == 0.4 && shares["groups/too_hard"] == 0.2)
        // The share of a format is not a right answer.
        let format = Metrics.silentGroups([0.2, 0.2, 0.2, 0.2], groupSize: 2, fullMarks: 1.2)
        #expect(format["groups/too_easy"] == 0 && format["groups/too_hard"] == 1)
        let learned = Metrics.silentGroups([-3, -3, 5, 1, 4, 4], groupSize: 2, fullMarks: 1)
        #expect(learned["groups/too_easy"] == 1.0 / 3 && learned["groups/too_hard"] == 1.0 / 3)
        #expect(Metrics.silentGroups([1, 0], groupSize: 1, fullMarks: 1) == Metrics())
    }

    // MARK: Updates

    @Test func clipping() {
        #expect(names(["policy/clipfrac_avg": steady(0.35)]) == ["clip fraction"])
        #expect(names(["clip_ratio/region_mean": steady(0.25)]) == [])
    }

    @Test func critics() {
        let name = "critic/vf_explained_var"
        #expect(names([name: steady(-0.1, 20)]) == ["critic"])
        #expect(names([name: steady(-0.1, 19)]) == [])
        #expect(names([name: steady(0.03, 50)]) == ["critic"])
        #expect(names([name: steady(0.03, 49)]) == [])
        #expect(names([name: steady(0.03, 40) + steady(0.2, 20)]) == [])
    }

    @Test func whatIsNoNumber() throws {
        let alarm = try #require(alarms(["loss": [1, .nan, 1], "reward": [1, 1, .infinity]]).first)
        #expect(alarm.name == "not finite" && alarm.metric == "loss" && alarm.step == 2)
        #expect(names(["loss": [1, 1e30, -1]]) == [])
    }

    @Test func nothingIsLearned() {
        #expect(names(["grad_norm": steady(0)]) == ["no gradient"])
        #expect(names(["grad_norm": [0, 0, 0, 0, 1e-3, 0, 0, 0, 0]]) == [])
        #expect(names(["rewards/margins": steady(0)]) == ["margins"])
        #expect(names(["rewards/margins": steady(0, 9)]) == [])
        #expect(names(["rewards/margins": [0] + steady(1e-3)]) == [])
    }

    // MARK: Gold

    @Test func rewardAgainstGold() throws {
        let rising = line(0, 0.1, 30)
        let turning = line(0.5, 0.01, 15) + line(0.65, -0.01, 15)
        let alarm = try #require(alarms(["reward": rising, "gold": turning]).first)
        #expect(alarm.name == "reward against gold" && alarm.seen.contains("at step 17"))
        #expect(
            names(["reward": rising, "rewards/true/mean": turning], gold: ["rewards/true/mean"]).count == 1)
        // Noise around a level, both falling, and gold that only rises.
        let noise = (0..<30).map { 0.6 + 0.1 * sin(Double($0 * $0)) }
        #expect(names(["reward": rising, "gold": noise]) == [])
        #expect(names(["reward": turning, "gold": turning]) == [])
        #expect(names(["reward": rising, "gold": rising]) == [])
    }

    // MARK: Runs

    @Test func anAlarmIsRaisedOnce() {
        #expect(alarms(["completions/clipped_ratio": steady(0.9, 40)]).map(\.step) == [5])
    }

    private func real(_ name: String) throws -> [Alarm] {
        let file = Fixtures.root.appending(path: "run-logs/\(name).jsonl")
        let records = try MetricsLog.read(file)
        var doctor = RunDoctor(totalSteps: records.count, precision: .bf16)
        return records.flatMap { doctor.take(step: $0.step, $0.metrics) }
    }

    /// The quickstart's PPO, which is well, and one with a high learning rate, which went too far.
    @Test func realRuns() throws {
        #expect(try real("quickstart-ppo") == [])
        #expect(try real("over-optimised-ppo").map(\.name) == ["kl budget"])
    }
}
