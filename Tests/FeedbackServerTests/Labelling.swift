import Feedback
import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import FeedbackServer

/// A store in a folder of its own, with a project and people, and the app over it.
struct Labelling: Sendable {
    /// A clock that tests move.
    final class Clock: Sendable {
        private let moment = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

        var now: Date { moment.withLock { $0 } }

        func pass(_ seconds: TimeInterval) { moment.withLock { $0 += seconds } }
    }

    let folder: TemporaryFolder
    let store: FeedbackStore
    let clock: Clock
    var configuration: ServerConfiguration
    var chat: (any ChatAnswerer)?

    init(_ configuration: ServerConfiguration = ServerConfiguration()) throws {
        folder = try TemporaryFolder()
        let clock = Clock()
        self.clock = clock
        store = try FeedbackStore(at: folder.item("feedback.sqlite"), .create, seed: 1) { clock.now }
        self.configuration = configuration
    }

    func read<Value>(_ body: (StoreReader) throws -> Value) throws -> Value { try store.read(body) }

    /// Changes the store as whoever has the file.
    @discardableResult
    func write<Value>(_ body: (StoreWriter) throws -> Value) throws -> Value {
        try store.write(by: nil, body)
    }

    /// Changes the file by SQLite alone, as an older Heed or a program of somebody else's might have.
    func tamper(_ sql: String) throws {
        let queue = try DatabaseQueue(path: store.url.path)
        try queue.writeWithoutTransaction {
            try $0.execute(sql: "DROP TRIGGER judgments_stay; DROP TRIGGER judgments_remain; " + sql)
        }
        try queue.close()
    }

    /// Runs the app without a network.
    func run<Value>(_ test: (RouterClient) async throws -> Value) async throws -> Value {
        try await test(RouterClient(buildRoutes(configuration, store: store, chat: chat).router))
    }

    /// A person with a session.
    func person(_ name: String, _ role: Annotator.Role = .annotator) throws -> Browser {
        try write { writer in
            let admission = try writer.accept(invitation: writer.invite(role: role), name: name)
            return Browser(token: admission.session, person: admission.annotator, code: admission.signInCode)
        }
    }

    /// A project with items whose models are called by names that must never be seen.
    @discardableResult
    func project(
        _ definition: ProjectDefinition = ProjectDefinition(task: .compare), named name: String = "Study",
        items: Int = 5,
        responses: Int = 2
    ) throws -> Project.ID {
        try write { writer in
            let project = try writer.createProject(name, definition)
            try writer.addItems((0..<items).map { Self.item($0, responses: responses) }, to: project.id)
            return project.id
        }
    }

    static func item(_ number: Int, responses: Int = 2) -> NewItem {
        NewItem(
            prompt: .plain("question \(number)"),
            responses: (0..<responses).map { position in
                ItemResponse(
                    text: "answer \(position) to \(number)", finish: .length,
                    policy: Policy(name: "secret-model-\(position)", hash: "feedface\(position)"))
            }, extra: ["source": "secret-source"])
    }
}

/// A browser with somebody's cookie.
struct Browser: Sendable {
    var token: String?
    var person: Annotator?
    var code = ""
    /// What it calls the server.
    var authority = "localhost"
    /// What a browser says about where its requests come from.
    var headers: HTTPFields = [
        .origin: "http://localhost", HTTPField.Name("Sec-Fetch-Site") ?? .origin: "same-origin",
    ]

    func send(
        _ client: RouterClient, _ method: HTTPRequest.Method, _ path: String, body: String? = nil,
        type: String = "application/json", adding extra: HTTPFields = [:]
    ) async throws -> Answered {
        var headers = headers
        if let token { headers[.cookie] = "heed_session=\(token)" }
        if body != nil { headers[.contentType] = type }
        for field in extra { headers[field.name] = field.value }
        let (response, content) = try await client.send(
            method, path, to: authority, headers: headers, body: body.map { ByteBuffer(string: $0) })
        return Answered(
            status: response.status.code, headers: response.headers, text: String(buffer: content))
    }

    func get(_ client: RouterClient, _ path: String) async throws -> Answered {
        try await send(client, .get, path)
    }

    func post(_ client: RouterClient, _ path: String, _ body: String = "{}") async throws
        -> Answered
    {
        try await send(client, .post, path, body: body)
    }

    /// Sends a form that the server made for this session.
    func form(
        _ client: RouterClient, _ path: String, _ fields: [String: String] = [:]
    ) async throws -> Answered {
        var fields = fields
        if let token, let person {
            fields["form_token"] = fields["form_token"] ?? Visitor(annotator: person, token: token).formToken
        }
        let body = fields.sorted { $0.key < $1.key }.map {
            "\(Self.escaped($0.key))=\(Self.escaped($0.value))"
        }
        return try await send(
            client, .post, path, body: body.joined(separator: "&"), type: "application/x-www-form-urlencoded")
    }

    /// The next items of a project.
    func next(_ client: RouterClient, _ project: Project.ID, count: Int = 1) async throws -> Batch {
        try await get(client, "/api/projects/\(project)/next?count=\(count)").json()
    }

    /// What is said first about an item, or again.
    static func judgment(
        _ opinion: String, request: UUID = UUID(), replacing revision: Int = 0, seconds: Double = 3
    ) -> String {
        """
        {"request": "\(request)", "opinion": \(opinion), "seconds": \(seconds), "replacing": \(revision)}
        """
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}

struct Answered: Sendable {
    let status: Int
    let headers: HTTPFields
    let text: String

    func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    var cookie: String? {
        headers[.setCookie]?.split(separator: ";").first?.split(separator: "=", maxSplits: 1).last.map(
            String.init)
    }
}

/// What the page of items is given.
struct Batch: Decodable, Sendable {
    struct Entry: Decodable, Sendable {
        struct Answer: Decodable, Sendable {
            let letter: String
            let text: String
        }

        let assignment: Int64
        let revision: Int
        let isPractice: Bool
        let answers: [Answer]
        let opinion: ShownOpinion?
    }

    struct Progress: Decodable, Sendable {
        let today: Int
        let judged: Int
    }

    let items: [Entry]
    let progress: Progress
}

let aIsBetter = #"{"verdicts": {"": {"better": "A", "strength": 2}}}"#
