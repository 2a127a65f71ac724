import Foundation

@testable import Feedback

/// Builds what a report is made of, judgment by judgment, a minute apart.
struct StudyBuilder {
    private(set) var items: [StudyItem] = []
    private(set) var judgments: [Judgment] = []
    var definition: ProjectDefinition
    var groups: [Annotator.ID: [String: String]] = [:]

    init(_ task: LabellingTask, overlap: Int = 2) {
        definition = ProjectDefinition(task: task)
        definition.overlap = overlap
    }

    var report: StudyReport {
        StudyReport(
            StudyData(
                project: Project(
                    id: 1, name: "study", version: 3, definition: definition,
                    createdAt: Date(timeIntervalSince1970: 0), closedAt: nil),
                items: items, judgments: judgments), at: Date(timeIntervalSince1970: 86_400))
    }

    /// - Parameter responses: the model and the length of every answer.
    mutating func item(
        _ responses: [(model: String, length: Int)] = [("a", 10), ("b", 20)], kind: ItemKind = .work,
        expected: Opinion? = nil
    ) -> Item.ID {
        items.append(
            StudyItem(
                id: Item.ID(items.count + 1), kind: kind,
                responses: responses.map {
                    StudyResponse(policy: $0.model.isEmpty ? nil : Policy(name: $0.model), length: $0.length)
                }, expected: expected))
        return Item.ID(items.count)
    }

    mutating func judge(
        _ item: Item.ID, by annotator: Annotator.ID, _ verdict: ItemVerdict, aspect: String = "",
        drawn: Drawn = .random, showing: Int = 0, arrangement: [Int] = [0, 1], seconds: Double = 20
    ) {
        let id = Int64(judgments.count + 1)
        judgments.append(
            Judgment(
                id: id, assignment: id, item: item, kind: items[Int(item) - 1].kind, annotator: annotator,
                annotatorName: "person \(annotator)", groups: groups[annotator] ?? [:], showing: showing,
                drawn: drawn, arrangement: arrangement, revision: 1,
                opinion: Opinion(verdicts: [aspect: verdict]), seconds: seconds,
                createdAt: Date(timeIntervalSince1970: Double(id) * 60), projectVersion: 3))
    }
}
