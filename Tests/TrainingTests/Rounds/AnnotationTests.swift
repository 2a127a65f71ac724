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

    // MARK: Going on

    /// Counts what it is asked, and fails after so many batches.
    private final class FailingJudge: ComparingReward, @unchecked Sendable {
        struct Failure: Error {}

        let name = "failing"
        let description = "A judge of a test."
        private(set) var asked = 0
        private let most: Int

        init(most: Int) { self.most = most }

        func scores(of inputs: [RewardInput]) throws -> [Double?] {
            try ask(inputs.count)
            return inputs.map { (Double($0.text) ?? 0) / 3 }
        }

        func preferencesAsGiven(in pairs: [AnswerPair]) throws -> [Double?] {
            try ask(pairs.count / 2)
            return pairs.map { pair in
                let (first, second) = (Double(pair.first.text) ?? 0, Double(pair.second.text) ?? 0)
                return first == 7 ? nil : first / (first + second)
            }
        }

        private func ask(_ count: Int) throws {
            guard asked + count <= most else { throw Failure() }
            asked += count
        }

        func ownLogProbabilities(of inputs: [RewardInput]) -> [Double?] { inputs.map { _ in nil } }
    }

    /// 4 rows of 5 answers: 40 pairs, in three batches.
    private func writeManyAnswers() throws {
        let writer = try JSONLinesWriter(responses)
        for row in 0..<4 {
            try writer.append(
                ResponsesRow(
                    prompt: .plain("How many? \(row)"),
                    responses: (1...5).map { Response(text: "\(5 * row + $0)", finish: .stop) }))
        }
        try writer.finish()
    }

    private func annotate(
        _ configuration: AnnotateConfiguration, by judge: FailingJudge
    ) throws -> AnnotationResult {
        var context = try context(.force)
        context.rewards.add(
            .init(name: "failing", options: [:], temperature: 0, errorRate: 0) { _ in
                RewardSource(name: "failing") { judge }
            })
        return try Annotation.run(configuration, context: context)
    }

    private func partialFiles() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".partial") }
    }

    /// A judge that failed or was killed is asked what is left, and what it said before counts as it was.
    @Test(arguments: [AnnotateConfiguration.Judgment.comparisons, .ratings])
    func aJudgeGoesOn(_ judgment: AnnotateConfiguration.Judgment) throws {
        try writeManyAnswers()
        var configuration = configuration
        configuration.annotators = ["failing"]
        configuration.judgment = judgment
        let total = judgment == .comparisons ? 40 : 20
        let undisturbed = FailingJudge(most: .max)
        let expected = try annotate(configuration, by: undisturbed)
        let rows = try Data(contentsOf: output)
        #expect(undisturbed.asked == total)
        #expect(try partialFiles().isEmpty)
        if judgment == .comparisons { #expect(expected.unjudgedPairs > 0 && expected.judgments > 0) }

        try FileManager.default.removeItem(at: output)
        let failing = FailingJudge(most: total - 1)
        #expect(throws: FailingJudge.Failure.self) { try annotate(configuration, by: failing) }
        #expect(failing.asked == total / 16 * 16)
        #expect(!FileManager.default.fileExists(atPath: output.path))
        #expect(try partialFiles().count == 1)
        let second = FailingJudge(most: .max)
        #expect(try annotate(configuration, by: second) == expected)
        #expect(second.asked == total % 16)
        #expect(try Data(contentsOf: output) == rows)
        #expect(try partialFiles().isEmpty)
    }

    /// What was said of other answers is not taken for what is said of these.
    @Test func otherAnswersAreJudgedAnew() throws {
        try writeManyAnswers()
        var configuration = configuration
        configuration.annotators = ["failing"]
        #expect(throws: FailingJudge.Failure.self) {
            try annotate(configuration, by: FailingJudge(most: 20))
        }
        let text = try String(contentsOf: responses, encoding: .utf8).replacing("How many", with: "How few")
        try text.write(to: responses, atomically: true, encoding: .utf8)
        let second = FailingJudge(most: .max)
        _ = try annotate(configuration, by: second)
        #expect(second.asked == 40)
    }

    @Test func aDamagedFileIsNamed() throws {
        try writeManyAnswers()
        var configuration = configuration
        configuration.annotators = ["failing"]
        #expect(throws: FailingJudge.Failure.self) {
            try annotate(configuration, by: FailingJudge(most: 20))
        }
        let file = folder.appendingPathComponent(try #require(try partialFiles().first))
        try "{\"verdicts\": 3}\n".write(to: file, atomically: true, encoding: .utf8)
        let error = #expect(throws: DataError.self) {
            try annotate(configuration, by: FailingJudge(most: .max))
        }
        #expect(
            error?.description.contains(".partial:1: expected the verdicts of an earlier process") == true)
    }
}
