import Feedback
import Hummingbird

/// Making projects and changing what they ask.
struct ProjectPages: Sendable {
    let store: FeedbackStore
    let pages: Pages

    func add(to routes: Routes) {
        routes.lead(.get, "/projects/new", new)
        routes.lead(.post, "/projects", create)
        routes.lead(.get, "/projects/:project/settings", settings)
        routes.lead(.post, "/projects/:project/settings", change)
        routes.lead(.post, "/projects/:project/close", close)
        routes.lead(.post, "/projects/:project/reopen", reopen)
    }

    private struct Content {
        let head: ProjectHead?
        let action: String
        let name: String
        let settings: ProjectForm
        let problem: String?
        let isNew: Bool
    }

    private func new(_ call: Call) async throws -> Response {
        // Left empty, the question is the task's own, whichever is chosen.
        page(nil, name: "", ProjectDefinition(task: .compare, question: ""), for: call.visitor)
    }

    private func page(
        _ project: Project?, name: String, _ definition: ProjectDefinition, for visitor: Visitor,
        problem: Problem? = nil, notice: String? = nil
    ) -> Response {
        let content = Content(
            head: project.map { ProjectHead($0, .settings) },
            action: project.map { "/projects/\($0.id)/settings" } ?? "/projects", name: name,
            settings: ProjectForm(definition), problem: problem?.message, isNew: project == nil)
        return pages.page(
            "project", title: project?.name ?? "New project", content, for: visitor, style: "narrow",
            notice: notice,
            status: problem?.status ?? .ok)
    }

    private func create(_ call: Call) async throws -> Response {
        let form = try await call.form()
        let definition = try ProjectForm.definition(form)
        do {
            let project = try await store.write(by: call.person.id) {
                try $0.createProject(form["name"], definition)
            }
            return ServerResponse.redirect(to: "/projects/\(project.id)/import")
        } catch let error as FeedbackError {
            return page(nil, name: form["name"], definition, for: call.visitor, problem: Problem(error))
        }
    }

    private func settings(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        let project = try await store.read { try $0.project(id) }
        return page(
            project, name: project.name, project.definition, for: call.visitor,
            notice: call.query("saved") == nil ? nil : "Saved. Who judges sees the change with the next item."
        )
    }

    private func change(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        let definition = try ProjectForm.definition(try await call.form())
        do {
            _ = try await store.write(by: call.person.id) { try $0.updateProject(id, definition) }
            return ServerResponse.redirect(to: "/projects/\(id)/settings?saved=1")
        } catch let error as FeedbackError {
            let project = try await store.read { try $0.project(id) }
            return page(project, name: project.name, definition, for: call.visitor, problem: Problem(error))
        }
    }

    private func close(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        _ = try await call.form()
        try await store.write(by: call.person.id) { try $0.closeProject(id) }
        return ServerResponse.redirect(to: "/projects/\(id)")
    }

    private func reopen(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        _ = try await call.form()
        try await store.write(by: call.person.id) { try $0.reopenProject(id) }
        return ServerResponse.redirect(to: "/projects/\(id)")
    }
}

/// The name of a project and the tabs below it, as every page about it shows them.
struct ProjectHead {
    enum Tab: String, CaseIterable {
        case study = "Study"
        case items = "Items"
        case importing = "Import"
        case exporting = "Export"
        case settings = "Settings"
    }

    struct Link {
        let path: String
        let label: String
        let isCurrent: Bool
    }

    let id: Project.ID
    let name: String
    let task: String
    let isClosed: Bool
    let tabs: [Link]

    init(_ project: Project, _ current: Tab) {
        id = project.id
        name = project.name
        task = project.definition.task.shownName
        isClosed = project.closedAt != nil
        let base = "/projects/\(project.id)"
        tabs = Tab.allCases.map { tab in
            let path =
                switch tab {
                case .study: base
                case .items: base + "/items"
                case .importing: base + "/import"
                case .exporting: base + "/export"
                case .settings: base + "/settings"
                }
            return Link(path: path, label: tab.rawValue, isCurrent: tab == current)
        }
    }
}
