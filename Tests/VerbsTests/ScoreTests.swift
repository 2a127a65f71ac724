import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import RunTestSupport
import TestSupport
import Testing
import Torch

@testable import Verbs

@Suite struct ScoreTests {
    /// A text beyond the context is cut as every verb cuts it, and a length beyond it is the context.
    @Test(arguments: [nil, 100, 2000])
    func aTextLongerThanTheContextIsCut(maximumLength: Int?) throws {
        let jobs = try TinyRuns()
        let long = String(repeating: "word ", count: 900)
        try jobs.folder.write(
            "{\"text\": \"short\"}\n{\"text\": \"\(long)\"}\n", to: "texts.jsonl")
        var configuration = ScoreConfiguration()
        configuration.model = jobs.model
        configuration.data = [jobs.folder.path("texts.jsonl")]
        configuration.maximumLength = maximumLength
        let result = try Scoring.run(configuration, context: jobs.context("scores.jsonl"))
        #expect(result.rows == 2)
        #expect(result.dropped?.contains("off the end of 1 row") == true)
        let rows = try jobs.folder.text("scores.jsonl").split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect((rows[1]["tokens"] as? [Int])?.count == min(maximumLength ?? 512, 512))
    }

    /// `score` gives the scores that training computed last, whatever the batch size and what stands beside a text.
    @Test func aRewardModelScoresAsTrainingSaw() throws {
        let jobs = try TinyRuns()
        let adapter = try jobs.rewardAdapter()
        let texts = [
            ("Question 1? ", "yes 1"), ("Question 1? ", "no 1"), ("Question 5? ", "a longer answer, yes"),
        ]
        let rows = texts.map { #"{"prompt": "\#($0.0)", "completion": "\#($0.1)"}"# }
        let data = try jobs.folder.write(rows.joined(separator: "\n"), to: "texts.jsonl")
        func scores(batchSize: Int) throws -> [Double] {
            var configuration = ScoreConfiguration()
            configuration.model = adapter
            configuration.data = [data.path]
            configuration.batchSize = batchSize
            let output = "scores-\(batchSize).jsonl"
            _ = try Scoring.run(configuration, context: jobs.context(output))
            return try jobs.folder.text(output).split(separator: "\n").map {
                try #require(
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])["score"]
                    as? Double ?? .nan
            }
        }
        let one = try scores(batchSize: 1)
        #expect(Set(one).count == 3)
        expectClose(try scores(batchSize: 8), one, relative: 1e-5)
        // As training laid them out: joined as text with the end of sequence, sharing their beginning.
        let source = try ModelSource(adapter, on: jobs.computation)
        let preparation = RewardPreparation(tokenizer: source.tokenizer, maximumLength: nil)
        let row = JudgmentRow.comparison(
            ComparisonRow(
                prompt: .plain(texts[0].0), chosen: .plain(texts[0].1), rejected: .plain(texts[1].1)))
        let prepared = try preparation.prepare([
            SourcedRow(row, place: Place(file: "rows.jsonl", line: 1), index: 0)
        ]).rows[0]
        #expect(prepared.sequences.allSatisfy { $0.last == source.tokenizer.endOfSequence?.id })
        let model = try source.loadRewardModel(on: jobs.computation)
        let shared = withoutGradients {
            model.scores(of: PackedBatch(sharing: [prepared.sharingItsBeginning])).doubles()
        }
        expectClose(shared, Array(one.prefix(2)), relative: 1e-5)
    }
}
