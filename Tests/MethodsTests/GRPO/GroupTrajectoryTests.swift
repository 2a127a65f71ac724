import Foundation
import Rewards
import Runs
import Settings
import TestSupport
import Testing
import Tokenization
import Training

@testable import Methods

/// Whole GRPO and RLOO runs on recorded rollouts against TRL's, step by step; their settings are TRL's files.
@Suite(.serialized) struct GroupTrajectoryTests {
    private static let cases = ["grpo", "rloo"].flatMap { root in
        ((try? FileManager.default.contentsOfDirectory(atPath: Fixtures.golden(root).path)) ?? [])
            .filter { !$0.hasSuffix(".jsonl") }.sorted().map { "\(root)/\($0)" }
    }

    @Test func everyCaseIsThere() { #expect(Self.cases.count == 51) }

    @Test(arguments: cases) func trajectory(_ name: String) throws {
        let golden = try GoldenTrajectory(name)
        let folder = try ScratchFolder()
        let settings = try settings(of: golden, in: folder)
        var context = try RunContext(
            verb: "grpo", run: settings.run, mode: .new, settings: [:],
            progress: ProgressDisplay(style: .quiet))
        context.rewards = RewardCatalogue(
            entries: try ["reward", "reward2"].map { column in
                let reward = try RecordedReward(column)
                return .init(name: column, temperature: 1) { _ in reward }
            })
        _ = try GRPO.run(settings, context: context)
        let found = try MetricsLog.read(folder.url.appending(path: "run/metrics.jsonl"))
        try golden.check(found.map { record in { record[$0] } })
    }

    /// The case's file of settings, with the paths of this machine and without the columns that describe the recording.
    private func settings(
        of golden: GoldenTrajectory, in folder: ScratchFolder
    ) throws -> TrainingSettings<GRPO> {
        let data = try Data(contentsOf: Fixtures.golden("\(golden.name)/expected.json"))
        let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        var file = try #require(json?["hyperparameters"] as? [String: Any])
        let rollouts = try #require(file.removeValue(forKey: "rollouts") as? String)
        let columns = file.removeValue(forKey: "reward_columns") as? [String] ?? []
        file["sampler_correction_active"] = nil
        file["replay"] = Fixtures.golden("grpo/\(rollouts)").path
        if columns.count > 1 { file["reward"] = columns }
        if golden.name.hasPrefix("rloo") { file["loss_type"] = "rloo" }
        file["model"] = Fixtures.golden("tiny-llama").path
        file["ref_model"] =
            file["ref_model"] as? String == "tiny-llama-ref" ? Fixtures.golden("tiny-llama-ref").path : nil
        file["output_dir"] = folder.path("run")
        file["use_cpu"] = true
        file["bf16"] = false
        let yaml = try JSONSerialization.data(withJSONObject: file)
        let url = try folder.write(String(decoding: yaml, as: UTF8.self), to: "trl.yaml")
        return try ConfigurationReader(file: url).read(
            TrainingSettings(GRPO.self)
        ).value
    }
}

/// Scores the recorded responses by one of their columns.
private struct RecordedReward: Reward {
    let name: String
    let description = "A recording."
    private let scoreOfAnswer: [[String]: Double]

    init(_ column: String) throws {
        name = column
        let tokenizer = try Tokenizer(contentsOf: Fixtures.golden("tiny-llama"))
        let lines = try String(contentsOf: Fixtures.golden("grpo/rollouts.jsonl"), encoding: .utf8)
        var scores: [[String]: Double] = [:]
        for (index, line) in lines.split(separator: "\n").enumerated() {
            let row = GoldenValue(
                try JSONSerialization.jsonObject(with: Data(line.utf8)), path: "row \(index)")
            for completion in try row["completions"].array {
                let text = tokenizer.decode(
                    try completion["completion_ids"].ints, skippingSpecialTokens: true)
                scores[[try row["prompt"].string, text]] = try completion[column].double
            }
        }
        try #require(scores.count == 32)
        scoreOfAnswer = scores
    }

    func scores(of answers: [RewardInput]) -> [Double?] {
        answers.map { answer in
            guard case .plain(let prompt) = answer.prompt else { return .nan }
            return scoreOfAnswer[[prompt, answer.text]] ?? .nan
        }
    }
}
