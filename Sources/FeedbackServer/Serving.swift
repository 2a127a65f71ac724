import Errors
import Feedback
import Foundation
import Hummingbird
import NIOCore

/// Runs the app until the process is told to end; requests under way are then finished. Meanwhile the file of the store is
/// kept up to date, and watched.
///
/// - Throws: ``ListeningError`` where it cannot listen; `FeedbackError.replaced` once another program has put something in
///   the place of the store's file.
public func serve(
    _ application: some ApplicationProtocol, _ configuration: ServerConfiguration, store: FeedbackStore
) async throws {
    do {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.runService() }
            group.addTask { try await keepUp(store) }
            try await group.next()
            group.cancelAll()
        }
    } catch let error as IOError {
        throw ListeningError(configuration, code: error.errnoCode)
    }
}

/// Brings what was written into the file, again and again.
private func keepUp(_ store: FeedbackStore) async throws {
    while true {
        try await Task.sleep(for: .seconds(1))
        try store.settle()
    }
}

/// Why the server cannot listen where it should.
public struct ListeningError: CategorizedError, Hashable, CustomStringConvertible {
    private let host: String
    private let port: Int
    private let code: CInt

    init(_ configuration: ServerConfiguration, code: CInt) {
        (host, port, self.code) = (configuration.host, configuration.port, code)
    }

    public var category: ErrorCategory { code == EADDRINUSE ? .tryAgain : .usage }

    public var description: String {
        code == EADDRINUSE
            ? "port \(port) is taken; --port 0 takes a free one"
            : "cannot listen at \(host), port \(port): \(String(cString: strerror(code))); choose another --host or --port"
    }
}
