import Alignment
import Foundation
import Runs
import TestSupport

/// Runs jobs on tiny models in a scratch folder, in float32 on one device.
struct JobRuns {
    let folder: ScratchFolder
    let model = Fixtures.golden("tiny-llama").path
    let rewardModel = Fixtures.golden("tiny-reward").path

    init() throws { folder = try ScratchFolder() }

    func context(_ output: String, mode: RunFolder.Mode = .new) throws -> JobContext {
        var run = RunConfiguration()
        run.output = folder.path(output)
        run.device = "cpu"
        run.precision = .float32
        return try JobContext(
            verb: "test", run: run, mode: mode, settings: .object([:]),
            progress: ProgressDisplay(style: .quiet))
    }

    /// Few steps of plain-text fine-tuning or comparisons.
    func training(_ data: String? = nil, steps: Int, learningRate: Double = 1e-3) -> TrainingConfiguration {
        var training = TrainingConfiguration(learningRate: learningRate)
        training.model = model
        training.train = data.map { [Fixtures.golden($0).path] } ?? []
        training.maximumSteps = steps
        training.batchSize = 4
        return training
    }

    var lowRank: AdapterTraining {
        var adapters = AdapterTraining()
        adapters.rank = 4
        adapters.dropout = 0
        return adapters
    }

    /// A fine-tuned adapter on the tiny model.
    func adapter() throws -> String {
        try SFTJob.run(
            training("sft/prompt_completion.jsonl", steps: 3), adapters: lowRank, method: SFT.Configuration(),
            context: context("sft")
        ).model
    }

    /// A reward model's adapter on the tiny model.
    func rewardAdapter() throws -> String {
        try RewardJob.run(
            training("reward/preference_plain.jsonl", steps: 3), adapters: lowRank,
            method: RewardModeling.Configuration(), context: context("reward")
        ).model
    }

    /// What `body` throws, in words.
    func message(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return "\(error)" }
        return nil
    }
}
