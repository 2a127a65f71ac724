import Feedback
import Hummingbird

/// The first page, and the page on which people judge.
struct JudgingPages: Sendable {
    let store: FeedbackStore
    let pages: Pages
    let hasModels: Bool

    func add(to routes: Routes) {
        routes.person(.get, "/", home)
        routes.person(.get, "/projects/:project/label", label)
    }

    private struct Home {
        struct Entry {
            let id: Project.ID
            let name: String
            let question: String
            let task: String
            let isClosed: Bool
            let today: Int
            let judged: Int
            let complete: Int
            let items: Int
            let hasItems: Bool
            let verb: String
        }

        let isLead: Bool
        let projects: [Entry]
        let hasNone: Bool
    }

    private func home(_ call: Call) async throws -> Response {
        let person = call.person
        let entries = try await store.read { reader in
            // A closed project is no business of those who judge.
            try reader.projects().filter { person.role == .lead || $0.closedAt == nil }.map { project in
                let progress = try reader.progress(in: project.id)
                let judged = try reader.answeredCount(of: person.id, in: project.id)
                return Home.Entry(
                    id: project.id, name: project.name, question: project.definition.question,
                    task: project.definition.task.shownName, isClosed: project.closedAt != nil,
                    today: try reader.todayCount(of: person.id, in: project.id), judged: judged,
                    complete: progress.complete, items: progress.items,
                    hasItems: progress.items > 0,
                    verb: project.definition.task == .chat ? "Talk" : judged > 0 ? "Continue" : "Start")
            }
        }
        return pages.page(
            "home", title: "Projects",
            Home(isLead: person.role == .lead, projects: entries, hasNone: entries.isEmpty), for: call.visitor
        )
    }

    private struct Label {
        let project: Project.ID
        let name: String
        let person: Annotator.ID
        let keys: [KeyHelp]
        let hasModels: Bool
    }

    private func label(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        let project = try await store.read { try $0.project(id) }
        let isChat = project.definition.task == .chat
        return pages.page(
            isChat ? "chat" : "label", title: project.name,
            Label(
                project: id, name: project.name, person: call.person.id,
                keys: KeyHelp.all(for: project.definition), hasModels: hasModels),
            for: call.visitor, scripts: [isChat ? "chat.js" : "label.js"], style: isChat ? "chat" : "label")
    }
}

extension LabellingTask {
    /// What the task is called on pages.
    var shownName: String {
        switch self {
        case .compare: "Compare two answers"
        case .rank: "Rank answers"
        case .rate: "Rate answers"
        case .thumbs: "Thumbs up or down"
        case .edit: "Edit answers"
        case .chat: "Live chat"
        }
    }

    /// Whether every answer has a row of choices, as `rowsOf` in `Assets/tasks.js` lays them out.
    fileprivate var hasRowForEachAnswer: Bool {
        switch self {
        case .rank, .rate, .thumbs: true
        case .compare, .edit, .chat: false
        }
    }
}

/// A line of the map of keys.
struct KeyHelp: Sendable {
    let keys: [String]
    let meaning: String

    static func all(for definition: ProjectDefinition) -> [KeyHelp] {
        let isChat = definition.task == .chat
        let rows = definition.aspects.count > 1 || definition.task.hasRowForEachAnswer
        return choices(definition)
            + (rows ? [KeyHelp(keys: ["↑", "↓"], meaning: "the row above, the row below")] : [])
            + [
                KeyHelp(keys: ["A", "B", "C …"], meaning: "go to this answer"),
                KeyHelp(keys: ["U"], meaning: "the answer is unsafe"),
                KeyHelp(keys: ["X"], meaning: "the answer is broken"),
            ]
            + (definition.allowsEdit || definition.task == .edit
                ? [KeyHelp(keys: ["E"], meaning: "rewrite the answer")] : [])
            + (definition.reason == .never
                ? [] : [KeyHelp(keys: ["R"], meaning: "say why; Esc leaves the text")])
            + [
                KeyHelp(keys: ["M"], meaning: "show long texts whole, or cut them again"),
                KeyHelp(keys: ["Enter"], meaning: "submit and continue; Ctrl Enter from within a text"),
                KeyHelp(
                    keys: ["Z"],
                    meaning: isChat
                        ? "take the last vote back" : "take the last judgment back; again, the one before"),
                KeyHelp(keys: ["Esc"], meaning: "leave one that was taken back as it was"),
            ]
            + (isChat ? [] : [KeyHelp(keys: ["S"], meaning: "skip this item")])
            + [
                KeyHelp(keys: ["?"], meaning: "the instructions"), KeyHelp(keys: ["K"], meaning: "this list"),
            ]
    }

    private static func choices(_ definition: ProjectDefinition) -> [KeyHelp] {
        switch definition.task {
        case .compare, .chat:
            let last = definition.strengths * 2 + (definition.allowsTie ? 1 : 0)
            return [
                KeyHelp(
                    keys: ["1", "…", "\(last)"],
                    meaning: "from A being best to B being best"
                        + (definition.allowsTie ? ", a tie in the middle" : "")),
                KeyHelp(keys: ["←", "→"], meaning: "towards A, towards B"),
            ] + (definition.allowsBothBad ? [KeyHelp(keys: ["0"], meaning: "both are bad")] : [])
        case .rate:
            return [
                KeyHelp(
                    keys: ["\(definition.lowestMark)", "…", "\(definition.highestMark)"], meaning: "the mark"),
                KeyHelp(keys: ["←", "→"], meaning: "a lower mark, a higher mark"),
            ]
        case .rank:
            return [
                KeyHelp(
                    keys: ["1", "2", "3 …"], meaning: "the rank of the answer; the same rank twice is a tie"),
                KeyHelp(
                    keys: ["Shift ↑", "Shift ↓"], meaning: "move the answer in focus up or down in the order"),
            ]
        case .thumbs:
            return [KeyHelp(keys: ["1"], meaning: "good"), KeyHelp(keys: ["2"], meaning: "not good")]
        case .edit: return []
        }
    }
}
