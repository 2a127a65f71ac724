import Datasets
import Foundation
import RunTestSupport
import Testing

@testable import Rewards

@Suite struct AnnotationPlanTests {
    private let judge = PreferenceJudge(reward: NumberReward(), temperature: 0, errorRate: 0, seed: 1)

    private func row(_ texts: String...) -> ResponsesRow {
        ResponsesRow(prompt: .plain("How many?"), responses: texts.map { Response(text: $0, finish: .stop) })
    }

    private func sourced(_ rows: ResponsesRow...) -> [SourcedRow<ResponsesRow>] {
        rows.enumerated().map { index, row in
            SourcedRow(row, place: Place(file: "responses.jsonl", line: index + 1), index: index)
        }
    }

    private func pairs(_ selection: PairSelection, _ row: ResponsesRow) throws -> [[String]] {
        try AnnotationPlan(judge: judge, pairs: selection).comparisons(of: sourced(row)).rows.map {
            comparison in
            [comparison.chosen, comparison.rejected].map { text in
                if case .plain(let text) = text { text } else { "" }
            }
        }
    }

    @Test func choosesPairsAsDocumented() throws {
        let row = row("2", "3", "1", "5")
        #expect(
            try pairs(.all, row) == [
                ["3", "2"], ["2", "1"], ["5", "2"], ["3", "1"], ["5", "3"], ["5", "1"],
            ])
        #expect(try pairs(.disjoint, row) == [["3", "2"], ["5", "1"]])
        #expect(try pairs(.extremes, row) == [["5", "1"]])
    }

    @Test(arguments: PairSelection.allCases)
    func fewerThanTwoAnswersGiveNoPairs(selection: PairSelection) throws {
        #expect(try pairs(selection, row()).isEmpty)
        #expect(try pairs(selection, row("1")).isEmpty)
    }

    @Test func leavesOutIdenticalTextsAndTies() throws {
        let result = try AnnotationPlan(judge: judge).comparisons(of: sourced(row("1", " 1\n", "1.0", "2")))
        #expect(result.rows.count == 3)
        #expect(result.identicalPairs == 1)
        #expect(result.tiedPairs == 2)
    }

    @Test func keepsAnswersWithTheirOwnRow() throws {
        let result = try AnnotationPlan(judge: judge).comparisons(
            of: sourced(row("1", "2"), row(), row("4", "3")))
        #expect(result.rows.map { $0.extra["chosen_score"] } == [2.0, 4.0])
        #expect(result.rows.map { $0.extra["rejected_score"] } == [1.0, 3.0])
    }

    @Test func unfinishedAnswersReachTheAnnotator() throws {
        let row = ResponsesRow(
            prompt: .plain("Hi"),
            responses: [
                .init(text: "Good day to you", finish: .length), .init(text: "Good day", finish: nil),
            ])
        let judge = PreferenceJudge(reward: ConciseReward(), temperature: 0, errorRate: 0, seed: 1)
        let comparisons = try AnnotationPlan(judge: judge).comparisons(of: sourced(row))
        #expect(comparisons.rows.map(\.chosen) == [.plain("Good day")])
    }

    @Test func readsSampledRowsAndWritesConversationalComparisons() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("responses.jsonl")
        try Data(
            (#"{"prompt":[{"role":"system","content":"Be brief."},{"role":"user","content":"How many?"}],"#
                + #""prompt_ids":[1,2],"responses":[{"text":"1","finish":"stop","tokens":[3]},{"text":"2","finish":"length"}],"#
                + #""policy":"abc","topic":"numbers"}"# + "\n").utf8
        ).write(to: file)
        let rows = try JSONLines(file).load(ResponsesRow.self)
        let writer = try JSONLinesWriter(file)
        for row in try AnnotationPlan(judge: judge).comparisons(of: rows).rows { try writer.append(row) }
        try writer.finish()
        #expect(
            try String(contentsOf: file, encoding: .utf8) == """
                {"prompt": [{"content": "Be brief.", "role": "system"}, {"content": "How many?", "role": "user"}], \
                "chosen": [{"content": "2", "role": "assistant"}], "rejected": [{"content": "1", "role": "assistant"}], \
                "annotator": "number", "policy": "abc", "chosen_score": 2.0, "probability": 1.0, \
                "rejected_score": 1.0, "simulated": true, "topic": "numbers"}

                """)
    }

    @Test func ratesEveryAnswer() throws {
        let ratings = try AnnotationPlan(judge: judge).ratings(of: sourced(row("2", "2"), row("7")))
        #expect(ratings.map(\.rating) == [2, 2, 7])
        #expect(ratings.map(\.response) == [.plain("2"), .plain("2"), .plain("7")])
    }
}
