import Feedback
import Foundation
import JSON
import TestSupport
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// The real server under people who do not stop, killed again and again.
@Suite struct LabelKillTests {
    @Test func nothingAcknowledgedIsLostAndNothingDoubled() async throws {
        let folder = try TemporaryFolder()
        let file = folder.item("feedback.sqlite")
        let (project, sessions) = try prepare(file, people: 6, items: 240)
        let server = try LabelServer(store: file)
        let acknowledged = try await withThrowingTaskGroup(of: [UUID: Int].self) { group in
            for session in sessions {
                group.addTask { try await Labeller(server: server, session: session).judge(project) }
            }
            // Three times while work is under way, wherever it then is.
            for share in [40, 100, 160] {
                while try count(file, project) < share { try await Labeller.deadline.pause(.milliseconds(5)) }
                try server.killAndStartAgain()
            }
            return try await group.reduce(into: [:]) { $0.merge($1) { one, _ in one } }
        }
        server.stop()

        try check(FeedbackStore(at: file), project, acknowledged)
    }

    private func check(_ store: FeedbackStore, _ project: Project.ID, _ acknowledged: [UUID: Int]) throws {
        let judgments = try store.read { try $0.judgments(in: project, .everything) }
        #expect(judgments.count == 240 && acknowledged.count == 240)
        #expect(Set(judgments.map(\.item)).count == 240)
        #expect(Set(judgments.map { Int($0.assignment) }) == Set(acknowledged.values))
        #expect(judgments.allSatisfy { $0.revision == 1 })
        try store.read { try $0.verifyAudit() }
    }

    private func prepare(_ file: URL, people: Int, items: Int) throws -> (Project.ID, [String]) {
        let store = try FeedbackStore(at: file, .create)
        return try store.write(by: nil) { writer in
            let project = try writer.createProject("study", ProjectDefinition(task: .compare))
            try writer.addItems(
                (0..<items).map {
                    NewItem(
                        prompt: .plain("question \($0)"),
                        responses: [ItemResponse(text: "one \($0)"), ItemResponse(text: "two \($0)")])
                }, to: project.id)
            let sessions = try (0..<people).map {
                try writer.accept(invitation: writer.invite(), name: "person \($0)").session
            }
            return (project.id, sessions)
        }
    }

    /// From outside: a reader beside the server.
    private func count(_ file: URL, _ project: Project.ID) throws -> Int {
        try FeedbackStore(at: file, .reading).read { try $0.judgments(in: project).count }
    }
}

/// Somebody who answers one item after the other and sends again whatever got no reply.
private struct Labeller: Sendable {
    static let deadline = Deadline(seconds: 300)
    let server: LabelServer
    let session: String

    /// - Returns: the assignments of what was acknowledged, by the request's identifier.
    func judge(_ project: Project.ID) async throws -> [UUID: Int] {
        var acknowledged: [UUID: Int] = [:]
        while true {
            let reply = try await reliably("GET", "api/projects/\(project)/next?count=2", nil)
            guard let item = reply["items"]?.array?.first else { return acknowledged }
            let assignment = try #require(item["assignment"]?.integer)
            let request = UUID()
            _ = try await reliably(
                "POST", "api/assignments/\(assignment)/judgment",
                [
                    "request": .string(request.uuidString), "seconds": 1, "replacing": 0,
                    "opinion": ["verdicts": ["": ["better": "A", "strength": 1]]],
                ])
            acknowledged[request] = assignment
        }
    }

    /// The reply's JSON, however often it has to be asked for.
    private func reliably(_ method: String, _ path: String, _ body: JSONValue?) async throws -> JSONValue {
        var request = URLRequest(url: try #require(URL(string: path, relativeTo: server.address)))
        request.httpMethod = method
        request.setValue("heed_session=\(session)", forHTTPHeaderField: "Cookie")
        request.setValue("same-origin", forHTTPHeaderField: "Sec-Fetch-Site")
        if let body {
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            request.httpBody = Data(body.text().utf8)
        }
        while true {
            do {
                let (data, response) = try await URLSession.shared.data(for: request)
                let status = (response as? HTTPURLResponse)?.statusCode
                try #require(status == 200, "\(method) \(path): \(String(decoding: data, as: UTF8.self))")
                return try JSONValue(parsing: data)
            } catch let error as URLError {
                try await Self.deadline.pause(.milliseconds(50), "\(error); \(server.complaints)")
            }
        }
    }
}
