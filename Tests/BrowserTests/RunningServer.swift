import Feedback
import FeedbackServer
import Foundation
import Hummingbird
import Testing

/// The application on a port of this machine, inside the test's process.
final class RunningServer: Sendable {
    let port: Int
    /// Signs in whoever started it.
    private let start: String?
    private let running: Task<Void, any Error>

    /// - Parameter port: 0 for one that is free.
    init(_ store: FeedbackStore, answerer: (any ChatAnswerer)?, port: Int = 0) async throws {
        let configuration = ServerConfiguration(port: port)
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        running = Task {
            defer { listening.finish() }
            try await buildApplication(configuration, store: store, chat: answerer) { listening.yield($0) }
                .run()
        }
        start = configuration.startLink?.path
        var first = ports.makeAsyncIterator()
        guard let port = await first.next() else {
            try await running.value
            throw CancellationError()
        }
        self.port = port
    }

    /// Requests under way are dropped.
    func stop() async throws {
        running.cancel()
        _ = await running.result
    }

    func labellingPage(of project: Project) throws -> URL { try link("/projects/\(project.id)/label") }
    func invitation(_ token: String) throws -> URL { try link("/join/\(token)") }
    func startLink() throws -> URL { try link(try #require(start)) }

    func link(_ path: String) throws -> URL { try #require(URL(string: "http://127.0.0.1:\(port)\(path)")) }
}
