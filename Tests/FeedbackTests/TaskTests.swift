import Datasets
import Foundation
import Testing

@testable import Feedback

/// What every task has, by one thing that is said in it. A new task does not compile until it is said here too; what fails
/// then says which file does not know it yet.
@Suite struct TaskTests {
    private static func opinion(_ task: LabellingTask) -> Opinion {
        switch task {
        case .compare, .chat: Opinion(verdicts: ["": .better(1, strength: 2)])
        case .rank: Opinion(verdicts: ["": .ranking([2, 1])])
        case .rate: Opinion(verdicts: ["": .marks([5])])
        case .thumbs: Opinion(verdicts: ["": .thumbs([true])])
        case .edit: Opinion(edits: [0: "better"])
        }
    }

    @Test(arguments: LabellingTask.allCases) func itIsAllowedAndStored(task: LabellingTask) throws {
        let opinion = Self.opinion(task)
        let check = OpinionCheck(
            definition: ProjectDefinition(task: task), responseCount: task.responseCounts.lowerBound)
        try check.validate(opinion)
        #expect(try StoredJSON.value(StoredJSON.text(opinion), as: Opinion.self) == opinion)
        #expect(opinion.agrees(with: opinion))
    }

    /// Where nothing is compared, agreement would silently be none.
    @Test(arguments: LabellingTask.allCases) func peopleCanAgree(task: LabellingTask) throws {
        let measures = VerdictMeasure.measures(of: ProjectDefinition(task: task))
        let verdicts = Self.opinion(task).verdicts.values
        #expect(measures.isEmpty == verdicts.isEmpty)
        for measure in measures {
            #expect(verdicts.allSatisfy { !$0.values(measure).isEmpty }, "\(measure)")
        }
    }

    @Test(arguments: LabellingTask.allCases.filter { $0 != .chat })
    func itTeachesSomething(task: LabellingTask) throws {
        let texts = ["x", "y"].prefix(task.responseCounts.lowerBound)
        let judged = try JudgedStore(
            ProjectDefinition(task: task), texts: Array(texts), opinions: ["Ada": Self.opinion(task)])
        let schema = Self.opinion(task).verdicts.isEmpty ? JudgmentSchema.edits : .judgments
        let summary = try JudgmentExport.write(schema, from: judged.store, to: judged.folder.item("rows"))
        #expect(summary.rows == 1 && summary.withoutRows == 0)
    }

    /// What somebody made of an answer, over what it was; an edit that changes nothing says nothing.
    @Test func editsAreComparisonsToo() throws {
        let judged = try JudgedStore(
            ProjectDefinition(task: .edit), texts: ["x"],
            opinions: ["Ada": Self.opinion(.edit), "Bob": Opinion(edits: [0: "x"])])
        let file = judged.folder.item("rows")
        #expect(try JudgmentExport.write(.corrections, from: judged.store, to: file).rows == 1)
        let row = try #require(try JSONLines(file).load(ComparisonRow.self).first?.row)
        #expect([row.chosen, row.rejected].map { $0.json.text().contains("better") } == [true, false])
    }
}
