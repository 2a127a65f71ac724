import Datasets
import Foundation
import LanguageModels
import Models
import Rewards
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing

@testable import Training

@Suite final class AnnotationTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
        "heed-annotate-\(UUID())")
    private var responses: URL { folder.appendingPathComponent("responses.jsonl") }
    private var output: URL { folder.appendingPathComponent("judgments.jsonl") }

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let writer = try JSONLinesWriter(responses)
        try writer.append(
            ResponsesRow(
                prompt: .plain("How many?"),
                responses: ["1", "3", "3 ", "2"].map { Response(text: $0, finish: .stop) }))
        try writer.append(
            ResponsesRow(
                prompt: .plain("And now?"), responses: ["5", "5.0"].map { Response(text: $0) },
                extra: ["topic": "numbers"]))
        try writer.finish()
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func context(_ mode: RunFolder.Mode = .new) throws -> RunContext {
        var run = RunConfiguration()
        run.output = output.path
        run.device = "cpu"
        run.precision = .float32
        var context = try RunContext(
            verb: "annotate", run: run, mode: mode, settings: .null, progress: ProgressDisplay(style: .quiet))
        context.rewards.add(.init(name: "numeral", temperature: 0) { _ in NumberReward() })
        return context
    }

    private func judge(_ reward: String) throws -> PreferenceJudge {
        try RewardCatalogue.standard.judge(RewardSelection([reward]), seed: 1, on: context().computation)
    }

    private var configuration: AnnotateConfiguration {
        var configuration = AnnotateConfiguration()
        configuration.responses = [responses.path]
        configuration.annotators = ["numeral"]
        return configuration
    }

    @Test func writesComparisonsAndCountsWhatIsLeftOut() throws {
        var configuration = configuration
        configuration.noise = 0
        let result = try Annotation.run(configuration, context: context())
        #expect((result.rows, result.judgments, result.identicalPairs, result.tiedPairs) == (2, 5, 1, 1))
        #expect(result.simulated)
        let rows = try JSONLines(output).load(ComparisonRow.self).map(\.row)
        #expect(rows.map(\.chosen) == ["3", "3 ", "2", "3", "3 "].map(Text.plain))
        #expect(rows.allSatisfy { $0.extra["simulated"] == true && $0.context.annotator == "number" })
        let json = String(decoding: try JSONEncoder().encode(result), as: UTF8.self)
        #expect(json.contains(#""identical_pairs":1"#))
    }

    @Test func writesRatings() throws {
        var configuration = configuration
        configuration.judgment = .ratings
        #expect(try Annotation.run(configuration, context: context()).judgments == 6)
        let rows = try JSONLines(output).load(RatedRow.self).map(\.row)
        #expect(rows.map(\.rating) == [1, 3, 3, 2, 5, 5])
        #expect(rows.last?.extra == ["simulated": true, "topic": "numbers"])
    }

    @Test func replacesAFileOnlyWhenAsked() throws {
        _ = try Annotation.run(configuration, context: context())
        #expect(throws: (any Error).self) {
            try Annotation.run(configuration, context: context())
        }
        _ = try Annotation.run(configuration, context: context(.force))
    }

    @Test func aRewardModelAnnotatesWithItsOwnScores() throws {
        let model = Fixtures.golden("tiny-reward")
        let judge = try judge("reward-model:model=\(model.path)")
        #expect(judge.temperature == 1)
        let answers = ["Paris.", "I do not know, and I will not look it up."].map {
            RewardInput(prompt: .plain("The capital of France? "), text: $0, isFinished: true)
        }
        let source = try ModelSource(model.path, on: try context().computation)
        let scorer = RewardModelScorer(
            model: try source.loadRewardModel(on: try context().computation), tokenizer: source.tokenizer)
        let sequences = answers.map {
            source.tokenizer.encode("The capital of France? " + $0.text + "<|im_end|>")
        }
        expectClose(
            try judge.scored(answers).map(\.score), try scorer.scores(of: sequences).compactMap(\.self),
            relative: 1e-6)
    }

    @Test func aRewardModelRefusesWhatItsContextCannotHold() throws {
        let model = Fixtures.golden("tiny-reward")
        let judge = try judge("reward-model:model=\(model.path)")
        let error = #expect(throws: RewardError.self) {
            let text = String(repeating: "word ", count: 2_000)
            let place = Place(file: "responses.jsonl", line: 7)
            return try judge.scored([
                RewardInput(prompt: .plain("?"), text: text, isFinished: true, place: place)
            ])
        }
        #expect(
            error?.description.hasPrefix(
                "responses.jsonl:7: expected prompt and answer of at most 512 tokens, the context of reward "
                    + "'reward-model', found ") == true)
    }

    @Test func theModelOfARewardModelAnnotatorIsAskedFor() throws {
        let error = #expect(throws: NamedArgumentError.self) { try judge("reward-model") }
        #expect(error?.description.contains("needs model=…") == true)
    }
}
