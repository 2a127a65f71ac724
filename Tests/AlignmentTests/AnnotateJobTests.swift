import Datasets
import Foundation
import LanguageModels
import Runs
import TestSupport
import Testing

@testable import Alignment

@Suite final class AnnotateJobTests {
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

    private func context(_ mode: RunFolder.Mode = .new) throws -> JobContext {
        var run = RunConfiguration()
        run.output = output.path
        run.device = "cpu"
        run.precision = .float32
        return try JobContext(
            verb: "annotate", run: run, mode: mode, settings: .null, progress: ProgressDisplay(style: .quiet))
    }

    private var configuration: AnnotateConfiguration {
        var configuration = AnnotateConfiguration()
        configuration.responses = [responses.path]
        configuration.annotator = "number"
        return configuration
    }

    private var annotators: AnnotatorCatalogue {
        AnnotatorCatalogue(
            entries: [.init(name: "number", options: [:], temperature: 0) { _ in NumberAnnotator() }])
    }

    @Test func writesComparisonsAndCountsWhatIsLeftOut() throws {
        var configuration = configuration
        configuration.noise = 0
        let result = try AnnotateJob.run(configuration, context: context(), annotators: annotators)
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
        #expect(try AnnotateJob.run(configuration, context: context(), annotators: annotators).judgments == 6)
        let rows = try JSONLines(output).load(RatedRow.self).map(\.row)
        #expect(rows.map(\.rating) == [1, 3, 3, 2, 5, 5])
        #expect(rows.last?.extra == ["simulated": true, "topic": "numbers"])
    }

    @Test func replacesAFileOnlyWhenAsked() throws {
        _ = try AnnotateJob.run(configuration, context: context(), annotators: annotators)
        #expect(throws: (any Error).self) {
            try AnnotateJob.run(configuration, context: context(), annotators: annotators)
        }
        _ = try AnnotateJob.run(configuration, context: context(.force), annotators: annotators)
    }

    @Test func aRewardModelAnnotatesWithItsOwnScores() throws {
        let model = Fixtures.golden("tiny-reward")
        let catalogue = AnnotatorCatalogue.standard(lexicon: "unused", context: try context())
        let judge = try catalogue.judge("reward-model:model=\(model.path)", seed: 1)
        #expect(judge.temperature == 1)
        let answers = ["Paris.", "I do not know, and I will not look it up."].map {
            Answer(prompt: .plain("The capital of France? "), text: $0, isFinished: true)
        }
        let source = try ModelSource(model.path, role: "model", context: try context())
        let scorer = RewardModelScorer(
            model: try source.loadRewardModel(context: try context()), tokenizer: source.tokenizer)
        let sequences = answers.map {
            source.tokenizer.encode("The capital of France? " + $0.text + "<|im_end|>")
        }
        expectClose(
            try judge.scored(answers).map(\.score), scorer.scores(of: sequences).compactMap(\.self),
            relative: 1e-6)
    }

    @Test func aRewardModelRefusesWhatItsContextCannotHold() throws {
        let model = Fixtures.golden("tiny-reward")
        let catalogue = AnnotatorCatalogue.standard(context: try context())
        let judge = try catalogue.judge("reward-model:model=\(model.path)", seed: 1)
        let error = #expect(throws: AnnotatorError.self) {
            let text = String(repeating: "word ", count: 2_000)
            let place = Place(file: "responses.jsonl", line: 7)
            return try judge.scored([Answer(prompt: .plain("?"), text: text, isFinished: true, place: place)])
        }
        #expect(
            error?.description.hasPrefix(
                "responses.jsonl:7: expected prompt and answer of at most 512 tokens, the context of annotator "
                    + "'reward-model', found ") == true)
    }

    @Test func theModelOfARewardModelAnnotatorIsAskedFor() throws {
        let catalogue = AnnotatorCatalogue.standard(context: try context())
        let error = #expect(throws: AnnotatorError.self) { try catalogue.judge("reward-model", seed: 1) }
        #expect(error?.description.contains("needs model=…") == true)
    }
}
