import Datasets
import Foundation

extension RolloutConfiguration {
    /// The responses to learn from: sampled to prompts, or recorded.
    ///
    /// - Parameters:
    ///   - batchSize: responses of a step, a multiple of `groupSize`.
    ///   - groupSize: responses to each prompt.
    ///   - needsScores: whether a recording must bring scores.
    func source(
        batchSize: Int, groupSize: Int = 1, needsScores: Bool, for model: ModelSource,
        _ training: TrainingConfiguration, context: JobContext
    ) throws -> any RolloutSource {
        if let replay {
            return try RecordedRollouts(
                JSONLines([replay], setting: "replay"), for: model, batchSize: batchSize,
                groupSize: groupSize, needsScores: needsScores)
        }
        let prepared = try PreparedPrompts(prompts, for: model, maximumNewTokens: maximumNewTokens)
        return SampledRollouts(
            prompts: prepared,
            order: BatchOrder(
                rowCount: prepared.rows.count, batchSize: batchSize / groupSize,
                seed: training.shuffle ? context.seeds.derived("order").value : nil),
            groupSize: groupSize, tokenizer: model.tokenizer, temperature: temperature,
            maximumNewTokens: maximumNewTokens, stopTokens: model.stopTokens)
    }

    /// What run.json hashes.
    var inputs: [(role: String, url: URL)] {
        prompts.map { ("prompts", URL(fileURLWithPath: $0)) }
            + (replay.map { [("replay", URL(fileURLWithPath: $0))] } ?? [])
    }
}

extension TrainingConfiguration {
    /// Refuses settings of methods that learn from given rows: they would change nothing in `verb`.
    func refuseRows(verb: String) throws {
        for (key, files) in [("train", train), ("eval", evaluation)] where !files.isEmpty {
            throw InvalidSetting(
                key, expected: "nothing: \(verb) learns from responses to --prompts, or from --replay",
                found: files.joined(separator: ", "))
        }
    }
}
