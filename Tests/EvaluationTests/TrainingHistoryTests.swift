import Foundation
import JSON
import Methods
import Rewards
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing

@testable import Evaluation

@Suite struct TrainingHistoryTests {
    private let folder: TemporaryFolder
    private let judge = PreferenceJudge(reward: NumberReward(), temperature: 0, errorRate: 0, seed: 1)

    init() throws { folder = try TemporaryFolder() }

    /// A finished run of `steps` steps; step N logs a KL of N and samples two responses that score N and N + 1.
    private func history(_ verb: String, steps: Int) throws -> TrainingHistory {
        let manifest = RunManifest(
            command: verb, configuration: [:], versions: [:], seed: 1, device: "cpu", threads: 1, inputs: [])
        let run = try RunFolder.create(at: folder.item("runs-\(verb)"), manifest: manifest, mode: .new)
        for step in 1...steps {
            try run.metrics.append(
                MetricsRecord(
                    step: step, epoch: 0, tokens: 0, seconds: 0,
                    metrics: [.init("loss", 1 / Double(step)), .init("objective/kl", Double(step))]))
            let responses = [step, step + 1].map { ["text": .string("\($0)")] as JSONValue }
            try run.samples.append(step: step, ["prompt": "How many?", "responses": .array(responses)])
        }
        try run.finish(.finished)
        return try TrainingHistory(NamedPath(run.url.path), guides: ["dpo": DPO.guide, "ppo": PPO.guide])
    }

    @Test func pathHoldsLoggedKLAgainstTheJudgesScore() throws {
        #expect(
            try history("ppo", steps: 3).path(judge: judge) == [
                .init(step: 1, kl: 1, score: 1.5), .init(step: 2, kl: 2, score: 2.5),
                .init(step: 3, kl: 3, score: 3.5),
            ])
    }

    @Test func longPathsAreAveragedOverNeighbours() throws {
        let path = try history("ppo", steps: 24).path(judge: judge)
        #expect(path.count == 12)
        #expect(path.first == .init(step: 2, kl: 1.5, score: 2))
        #expect(path.last == .init(step: 24, kl: 23.5, score: 24))
    }

    @Test func curvesShowWhatWasLogged() throws {
        let curves = try #require(try history("dpo", steps: 5).curves)
        #expect(curves.charts.map(\.series).map { $0.map(\.name) } == [["loss"]])
        #expect(curves.charts[0].summary == "loss: from 1 to 0.2.")
        #expect(try history("ppo", steps: 5).curves?.charts.count == 1)
    }

    @Test func knowsTheModelsThatItMade() throws {
        let history = try history("ppo", steps: 1)
        #expect(history.made(history.folder.appendingPathComponent("final")))
        #expect(!history.made(folder.item("runs-ppo2/final")))
    }
}
