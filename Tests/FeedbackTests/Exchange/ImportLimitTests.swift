import Datasets
import Foundation
import TestSupport
import Testing

@testable import Feedback

/// Numbers in files that are beyond what they may be are refused with their row.
@Suite struct ImportLimitTests {
    private let folder: TemporaryFolder
    private let store: FeedbackStore

    init() throws {
        folder = try TemporaryFolder()
        store = try FeedbackStore(at: folder.item("feedback.sqlite"), .create)
    }

    @discardableResult
    private func add(_ rows: String, to project: String = "rows") throws -> ImportSummary {
        try folder.write(rows + "\n", to: "rows.jsonl")
        return try store.add(ImportedStudy(rows: [folder.item("rows.jsonl")]), to: project)
    }

    @Test(arguments: [
        (#"{"prompt": "q", "response": "a", "rating": 1, "scale": [0, 9300000000000000000]}"#, "scale"),
        (#"{"prompt": "q", "response": "a", "rating": 1, "scale": [0.5, 5]}"#, "whole numbers"),
        (#"{"prompt": "q", "response": "a", "rating": 9000000000000000000}"#, "marks"),
        (#"{"prompt": "q", "response": "a", "rating": 1e300}"#, "whole number"),
        (#"{"prompt": "q", "response": "a", "rating": 1, "seconds": 1e19}"#, "seconds"),
        (#"{"prompt": "q", "response": "a", "rating": 1, "seconds": -1}"#, "seconds"),
        (#"{"prompt": "q", "response": "a", "rating": 1, "seconds": "long"}"#, "seconds"),
        (
            #"{"prompt": "q", "response": "a", "rating": 1, "created_at": "+292277026596-12-04T15:30:07Z"}"#,
            "time"
        ),
        (#"{"prompt": "q", "response": "a", "rating": 1, "created_at": "yesterday"}"#, "time"),
        (#"{"prompt": "q", "chosen": "a", "rejected": "b", "margin": 3}"#, "margin"),
        (#"{"prompt": "q", "chosen": "a", "rejected": "b", "margin": -0.5}"#, "margin"),
    ]) func whatIsBeyondIsNamed(row: String, expected: String) throws {
        let error = #expect(throws: DataError.self) { try add(row) }
        #expect(error?.line == 1 && error?.expected.contains(expected) == true, "\(error?.description ?? "")")
        #expect(try store.read { try $0.projects() }.isEmpty)
    }

    @Test func oneProjectHasOneScale() throws {
        let five = #"{"prompt": "q", "response": "a", "rating": 1, "scale": [1, 5]}"#
        let ten = #"{"prompt": "q", "response": "b", "rating": 1, "scale": [1, 10]}"#
        let mixed = #expect(throws: DataError.self) { try add(five + "\n" + ten) }
        #expect(mixed?.line == 2 && mixed?.found == "1 to 10")
        try add(five)
        let later = #expect(throws: DataError.self) { try add(ten) }
        #expect(later?.expected == "the scale of project 'rows', 1 to 5")
        #expect(throws: DataError.self) {
            try add(#"{"prompt": "q", "response": "b", "rating": 1, "scale": [5, 1]}"#)
        }
        try add(ten, to: "tens")
    }

    /// Marks without a scale are taken for the project's, and that is said once.
    @Test func marksWithoutAScaleAreCounted() throws {
        let bare = #"{"prompt": "q", "response": "a", "rating": 4}"#
        let scaled = #"{"prompt": "q", "response": "b", "rating": 9, "scale": [0, 10]}"#
        #expect(try add(scaled).assumedScale == nil)
        let joined = try add(bare)
        #expect(joined.assumedScale == .init(marks: 1, lowest: 0, highest: 10))
        #expect(
            try add(bare + "\n" + scaled, to: "both").assumedScale == .init(marks: 1, lowest: 0, highest: 10))
        #expect(try add(bare, to: "bare").assumedScale == .init(marks: 1, lowest: 1, highest: 5))
        #expect(
            try add(#"{"prompt": "q", "chosen": "a", "rejected": "b"}"#, to: "pairs").assumedScale == nil)
    }

    /// Argilla and Label Studio keep the scale of a question elsewhere than in what was answered.
    @Test func toolsStateNoScale() throws {
        func summary(_ text: String, _ format: ToolFormat) throws -> ImportSummary {
            try folder.write(text, to: "export.json")
            return try store.add(ImportedStudy(folder.item("export.json"), format), to: "\(format)")
        }
        let argilla = try summary(
            """
            [{"fields": {"prompt": "Q", "response": "x"}, "responses": {"quality": [
              {"value": 7, "user_id": "u1"}, {"value": 2, "user_id": "u2"}, {"value": null, "user_id": "u3"}]}}]
            """, .argilla)
        #expect(argilla.assumedScale == .init(marks: 2, lowest: 1, highest: 7))
        #expect(argilla.judgments == 2 && argilla.unread == ["quality": 1])
        let labelStudio = try summary(
            """
            [{"data": {"prompt": "Q", "answer": "x"}, "annotations": [
              {"completed_by": 1, "result": [
                {"from_name": "stars", "to_name": "answer", "type": "rating", "value": {"rating": 3}}]},
              {"completed_by": 2, "result": [
                {"from_name": "stars", "to_name": "answer", "type": "rating", "value": {"rating": null}}]},
              {"completed_by": 3, "result": [
                {"from_name": "stars", "to_name": "answer", "type": "rating", "value": null}]}]}]
            """, .labelStudio)
        #expect(labelStudio.assumedScale == .init(marks: 1, lowest: 1, highest: 5))
        #expect(labelStudio.judgments == 1 && labelStudio.unread == ["stars": 2])
    }

    @Test func columnsThatAreNotReadAreCounted() throws {
        let summary = try ImportedStudy(
            rows: [
                folder.write(
                    #"{"prompt": "q", "chosen": "a", "rejected": "b", "weight": 0.5, "reason": "kind", "seconds": 2}"#
                        + "\n", to: "rows.jsonl")
            ])
        #expect(summary.unread == ["weight": 1])
        #expect(summary.items[0].judgments.map(\.opinion.reason) == ["kind"])
    }

    @Test(arguments: [
        ("lead_time", "1e19"), ("lead_time", "-3"), ("created_at", "\"soon\""), ("created_at", "12"),
    ]) func otherToolsAreHeldToTheSame(name: String, value: String) throws {
        try folder.write(
            """
            [{"data": {"prompt": "p", "response": "r"}, "annotations": [{"completed_by": 3, "\(name)": \(value),
              "result": [{"type": "rating", "from_name": "rating", "value": {"rating": 4}}]}]}]
            """, to: "tasks.json")
        #expect(throws: DataError.self) { try ImportedStudy(folder.item("tasks.json"), .labelStudio) }
    }
}

/// One rule says which answers an item shows, wherever they come in.
@Suite struct AnswersPerItemTests {
    private func items(_ count: Int, _ task: LabellingTask, perItem: Int? = nil) -> [[String]] {
        var plan = ItemPlan()
        plan.add((0..<count).map { ItemResponse(text: "\($0)") }, to: .plain("q"))
        var definition = ProjectDefinition(task: task)
        definition.answersPerItem = perItem
        return plan.items(for: definition).items.map { $0.responses.map(\.text) }
    }

    @Test func asManyAsTheTaskUsuallyShows() {
        #expect(items(3, .rate) == [["0"], ["1"], ["2"]])
        #expect(items(3, .thumbs).count == 3 && items(3, .edit).count == 3)
        #expect(items(3, .rank) == [["0", "1", "2"]])
        #expect(items(30, .rank).map(\.count) == [15, 15])
        #expect(items(3, .compare) == [["0", "1"], ["0", "2"], ["1", "2"]])
        #expect(items(1, .rank).isEmpty && items(1, .compare).isEmpty)
    }

    @Test func asManyAsTheProjectSays() {
        #expect(items(4, .rate, perItem: 4) == [["0", "1", "2", "3"]])
        #expect(items(4, .rate, perItem: 3).map(\.count) == [2, 2])
        #expect(items(5, .rank, perItem: 3).map(\.count) == [2, 3])
        // None is left alone that cannot be ranked alone.
        #expect(items(3, .rank, perItem: 2).map(\.count) == [3])
        #expect(items(5, .rank, perItem: 2).map(\.count) == [2, 3])
    }

    @Test func theProjectHoldsToItsTask() {
        for (task, count) in [(LabellingTask.compare, 3), (.rank, 1), (.edit, 2), (.rate, 27), (.rate, 0)] {
            var definition = ProjectDefinition(task: task)
            definition.answersPerItem = count
            #expect(throws: FeedbackError.self) { try definition.validate() }
        }
    }
}
