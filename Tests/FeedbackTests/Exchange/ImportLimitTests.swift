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
