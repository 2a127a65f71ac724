import Foundation
import TestSupport
import Testing

@testable import Feedback
@testable import FeedbackServer

@Suite struct StudySectionTests {
    /// Four people of two groups judge 60 items of three models; every tenth item comes again.
    private static let report: StudyReport = {
        var definition = ProjectDefinition(task: .compare)
        definition.overlap = 4
        definition.groups = [GroupAttribute("<group>", values: ["x", "y"])]
        let models = ["<b>a</b>", "b", "c"].map { Policy(name: $0) }
        var items: [StudyItem] = []
        var judgments: [Judgment] = []
        for index in 0..<60 {
            let pair = [index % 3, (index + 1) % 3]
            items.append(
                StudyItem(
                    id: Int64(index), kind: .work,
                    responses: pair.map { StudyResponse(policy: models[$0], length: 10 + index * $0) }))
            for showing in 0...(index % 10 == 0 ? 1 : 0) {
                for person in 0..<4 {
                    let position = (index * 7 + person * person * index / 5) % 2
                    let id = Int64(judgments.count)
                    judgments.append(
                        Judgment(
                            id: id, assignment: id, item: Int64(index), kind: .work, annotator: Int64(person),
                            annotatorName: "<i>\(person)</i>", groups: ["<group>": person < 2 ? "x" : "y"],
                            showing: showing, drawn: .random, arrangement: [index % 2, 1 - index % 2],
                            revision: 1,
                            opinion: Opinion(verdicts: ["": .better(position, strength: 1 + person)]),
                            seconds: Double(5 + index),
                            createdAt: Date(timeIntervalSince1970: Double(id) * 500),
                            projectVersion: 1))
                }
            }
        }
        return StudyReport(
            StudyData(
                project: Project(
                    id: 1, name: "study", version: 1, definition: definition, createdAt: Date(), closedAt: nil
                ),
                items: items, judgments: judgments))
    }()

    @Test func everyTableHasItsSection() {
        let sections = Self.report.sections
        #expect(
            sections.map(\.table.name) == [
                "progress", "win-rates", "strengths", "agreement", "groups", "pairs", "contested",
                "consistency", "time", "bias", "people",
            ])
        #expect(sections.map(\.charts.count) == [1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0])
        for section in sections {
            #expect(!section.table.explanation.isEmpty)
            #expect(section.table.rows.allSatisfy { $0.count == section.table.columns.count })
        }
    }

    @Test(arguments: [320.0, 900]) func chartsAreWellFormed(width: Double) throws {
        for chart in Self.report.sections.flatMap(\.charts) {
            let drawing = try #require(ParsedMarkup(chart.svg(width: width)), "\(chart.title)")
            #expect(drawing.elements["b"] == nil && drawing.elements["i"] == nil)
            #expect(!chart.summary.isEmpty)
        }
    }
}
