import Datasets
import Foundation
import Models
import Rewards
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing

@testable import Training

/// Comparisons that are judged anew, and what is known of who judges.
@Suite struct JudgedAnewTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func context(_ output: String) throws -> RunContext {
        var run = RunConfiguration()
        run.output = folder.path(output)
        run.device = "cpu"
        run.precision = .float32
        var context = try RunContext(
            verb: "annotate", run: run, mode: .new, settings: .null,
            progress: ProgressDisplay(style: .quiet))
        context.rewards.add(.init(name: "numeral", temperature: 0) { _ in NumberReward() })
        return context
    }

    @Test func comparisonsAndTextsAreJudged() throws {
        try folder.write(
            """
            {"prompt": "How many?", "chosen": "1", "rejected": "2", "topic": "numbers", "probability": 0.3}
            {"prompt": [{"role": "user", "content": "And?"}], "chosen": "4", "rejected": "3"}
            {"prompt": "How many?", "responses": ["7", "8"]}
            """, to: "pairs.jsonl")
        var configuration = AnnotateConfiguration()
        configuration.responses = [folder.path("pairs.jsonl")]
        configuration.annotators = ["numeral"]
        configuration.noise = 0
        let result = try Annotation.run(configuration, context: context("judged.jsonl"))
        #expect(result.judgments == 3)
        let rows = try JSONLines(URL(fileURLWithPath: folder.path("judged.jsonl"))).load(ComparisonRow.self)
        #expect(rows[0].row.chosen == .plain("2") && rows[0].row.extra["topic"] == "numbers")
        #expect(rows[0].row.extra["probability"] == 1.0)
        #expect(rows[1].row.chosen == Text.messages([]).answer("4"))
        #expect(rows[2].row.chosen == .plain("8"))
    }

    @Test func answersOfSeveralTurnsAreRefused() throws {
        try folder.write(
            #"{"prompt": [{"role": "user", "content": "a"}], "chosen": [{"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}], "rejected": [{"role": "assistant", "content": "e"}]}"#,
            to: "turns.jsonl")
        var configuration = AnnotateConfiguration()
        configuration.responses = [folder.path("turns.jsonl")]
        configuration.annotators = ["numeral"]
        let error = #expect(throws: DataError.self) {
            try Annotation.run(configuration, context: context("turns-judged.jsonl"))
        }
        #expect(error?.description.contains("turns.jsonl:1: expected answers of one turn") == true)
    }

    // MARK: Cards

    private func judge(_ argument: String) throws -> PreferenceJudge {
        try RewardCatalogue.standard.judge(
            RewardSelection([argument]), seed: 1, on: context("none").computation)
    }

    private func write(_ card: String, for judge: PreferenceJudge, in cards: JudgeCards) throws {
        let file = try cards.file(of: #require(judge.origin))
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(card.utf8).write(to: file)
    }

    @Test func aCardIsFoundByContent() throws {
        let cards = JudgeCards(in: folder.url.appending(path: "cards"))
        let model = Fixtures.golden("tiny-llama").path
        let copy = folder.path("elsewhere")
        try FileManager.default.copyItem(atPath: model, toPath: copy)
        let changed = folder.path("changed")
        try FileManager.default.copyItem(atPath: model, toPath: changed)
        try Data("{}".utf8).write(to: URL(fileURLWithPath: changed + "/more.json"))
        try folder.write("- Be kind.\n- Be brief.\n", to: "principles.yaml")
        try folder.write("- Be kind.\n", to: "others.yaml")
        func origin(_ argument: String) throws -> JudgeOrigin { try #require(judge(argument).origin) }
        let file = try cards.file(of: origin("judge:\(model)"))
        // Wherever it lies, however sharp and whatever its slips.
        #expect(try cards.file(of: origin("judge:\(copy),temperature=1,error=0.1")) == file)
        let others = try [
            "judge:\(changed)",
            "judge:\(model),principles=\(folder.path("principles.yaml"))",
            "judge:\(model),principles=\(folder.path("others.yaml"))", "judge:\(model),weight=-1",
        ].map { try cards.file(of: origin($0)) }
        #expect(Set(others + [file]).count == 5)
    }

    @Test func whatIsKnownIsSaid() throws {
        let cards = JudgeCards(in: folder.url.appending(path: "cards"))
        let judge = try judge("judge:\(Fixtures.golden("tiny-llama").path)")
        func standing(_ isRequired: Bool = false) throws -> JudgeStanding {
            try context("none").standing(of: judge, isRequired: isRequired, cards: cards)
        }
        #expect(try standing().warning?.contains("has no card") == true)
        #expect(throws: InvalidSetting.self) { try standing(true) }
        try write(#"{"agreement": {"mean": 0.52, "low": 0.4, "high": 0.6}}"#, for: judge, in: cards)
        #expect(try standing().warning?.contains("no more often than chance (52 %") == true)
        #expect(throws: InvalidSetting.self) { try standing(true) }
        try write(#"{"agreement": {"mean": 0.8, "low": 0.7, "high": 0.9}}"#, for: judge, in: cards)
        let good = try standing(true)
        #expect(good.warning == nil && good.card?.count == 64)
        try write("{}", for: judge, in: cards)
        #expect(throws: (any Error).self) { try standing() }
        // A rule says itself what it is worth.
        #expect(
            try context("none").standing(of: self.judge("concise"), isRequired: false, cards: cards)
                == JudgeStanding(card: nil, warning: nil))
        #expect(throws: InvalidSetting.self) {
            try context("none").standing(of: self.judge("concise"), isRequired: true, cards: cards)
        }
    }
}
