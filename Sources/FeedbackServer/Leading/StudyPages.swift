import Feedback
import Foundation
import Hummingbird

/// The live page of a study.
struct StudyPages: Sendable {
    let store: FeedbackStore
    let pages: Pages
    let reports: StudyReports

    func add(to routes: Routes) {
        routes.lead(.get, "/projects/:project", study)
    }

    private struct Content {
        struct Person {
            let id: Annotator.ID
            let name: String
            let judgments: Int
            let skipped: Int
            let last: String
        }

        let head: ProjectHead
        let project: Project.ID
        let items: Int
        let complete: Int
        let begun: Int
        let judgments: Int
        let people: [Person]
        let hasPeople: Bool
        let isEmpty: Bool
        /// None before the first judgment.
        let sections: [ShownSection]
    }

    private func study(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        let (project, progress) = try await store.read { (try $0.project(id), try $0.progress(in: id)) }
        let sections = progress.judgments > 0 ? try await reports.report(of: id).sections : []
        let people = progress.annotators.map { entry in
            Content.Person(
                id: entry.annotator.id, name: entry.annotator.name, judgments: entry.judgments,
                skipped: entry.skipped, last: entry.lastJudgedAt.map(ShownDate.moment) ?? "")
        }
        return pages.page(
            "study", title: project.name,
            Content(
                head: ProjectHead(project, .study), project: id, items: progress.items,
                complete: progress.complete,
                begun: progress.begun, judgments: progress.judgments, people: people,
                hasPeople: !people.isEmpty,
                isEmpty: progress.items == 0 && project.definition.task != .chat,
                sections: sections.map(ShownSection.init)),
            for: call.visitor, scripts: ["study.js"])
    }
}
