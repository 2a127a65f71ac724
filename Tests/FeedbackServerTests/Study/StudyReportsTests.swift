import Datasets
import Foundation
import Hummingbird
import Testing

@testable import Feedback
@testable import FeedbackServer

@Suite struct StudyReportsTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "heed-\(UUID().uuidString)")

    /// A store with a project of four items, of which the first has the greatest deviation between scores.
    private func store() throws -> (FeedbackStore, Project.ID) {
        let store = try FeedbackStore(at: folder.appending(path: "feedback.sqlite"), .create)
        var definition = ProjectDefinition(task: .compare)
        definition.selection = .disagreement
        definition.randomShare = 1e-9
        definition.overlap = 2
        let project = try store.write(by: nil) { writer in
            let id = try writer.createProject("study", definition).id
            let items = (0..<4).map { index in
                NewItem(
                    prompt: .plain("prompt \(index)"),
                    responses: (0..<2).map {
                        ItemResponse(text: "answer \($0)", extra: ["std": .number(Double(index))])
                    })
            }
            _ = try writer.addItems(items, to: id)
            return id
        }
        return (store, project)
    }

    @Test func reportsAreMadeOnceForAllWhoAsk() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (store, project) = try store()
        let reports = StudyReports(store, lifetime: .seconds(3_600))
        let first = try await reports.report(of: project)
        #expect(first.progress.items == 4)
        try await store.write(by: nil) {
            _ = try $0.addItems(
                [
                    NewItem(
                        prompt: .plain("p"), responses: [ItemResponse(text: "a"), ItemResponse(text: "b")])
                ], to: project)
        }
        #expect(try await reports.report(of: project) == first)
        let fresh = StudyReports(store, lifetime: .zero)
        #expect(try await fresh.report(of: project).progress.items == 5)
        await #expect(throws: (any Error).self) { try await fresh.report(of: 99) }
    }

    @Test func prioritiesAreKeptWhilePeopleAsk() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (store, project) = try store()
        let keeper = PriorityKeeper(store, pause: .seconds(3_600))
        await keeper.asked(for: project)
        await keeper.settled(project)
        #expect(try await store.read { try $0.priorities(in: project) }.isEmpty)
        let ada = try await store.write(by: nil) { writer in
            try writer.accept(invitation: writer.invite(role: .annotator), name: "Ada", groups: [:]).annotator
                .id
        }
        let next = try await store.write(by: ada) { try $0.nextAssignments(1, for: ada, in: project) }
        #expect(next.first?.item.prompt == .plain("prompt 3"))
    }

    @Test func theLivePageShowsTheReport() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (store, project) = try store()
        let token = try await store.write(by: nil) { try $0.localLead(name: "lead") }
        let page = { @Sendable in
            // A server of its own each time, which has kept no report.
            let client = RouterClient(buildRoutes(ServerConfiguration(), store: store, chat: nil).router)
            let answer = try await Browser(token: token).get(client, "/projects/\(project)")
            #expect(answer.status == 200)
            return answer.text
        }
        #expect(try await !page().contains("id=\"time\""))
        for name in ["Ada", "<b>Bob</b>"] {
            let person = try await store.write(by: nil) {
                try $0.accept(invitation: $0.invite(role: .annotator), name: name, groups: [:]).annotator.id
            }
            try await store.write(by: person) { writer in
                for assignment in try writer.nextAssignments(4, for: person, in: project) {
                    _ = try writer.submit(
                        Submission(
                            assignment: assignment.id, request: UUID(),
                            opinion: Opinion(verdicts: ["": .better(0, strength: 1)]), seconds: 5))
                }
            }
        }
        let shown = try await page()
        for part in ["id=\"time\"", "id=\"people\"", "<svg", "How to read this", "&lt;b&gt;Bob"] {
            #expect(shown.contains(part), "\(part)")
        }
        #expect(!shown.contains("<b>Bob"))
    }
}
