import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Synchronization

@testable import FeedbackServer

/// Sends requests to the app's router, without a network.
struct RouterClient: Sendable {
    private let responder: RouterResponder<LabellingContext>

    /// A larger body comes in several parts, as it does from a network.
    private static let partSize = 32 << 10

    init(_ router: Router<LabellingContext>) { responder = router.buildResponder() }

    /// - Parameter authority: what the browser calls the server, in the address and so in the header `Host`.
    func send(
        _ method: HTTPRequest.Method, _ path: String, to authority: String, headers: HTTPFields,
        body: ByteBuffer?
    ) async throws -> (response: Response, body: ByteBuffer) {
        var head = HTTPRequest(
            method: method, scheme: "http", authority: authority, path: path, headerFields: headers)
        if let body { head.headerFields[.contentLength] = String(body.readableBytes) }
        let request = Request(head: head, body: RequestBody(asyncSequence: Self.parts(of: body)))
        let context = LabellingContext(
            source: ApplicationRequestContextSource(
                channel: NIOAsyncTestingChannel(), logger: Logger(label: "test")))
        let response = try await responder.respond(to: request, context: context)
        let collector = BodyCollector()
        try await response.body.write(collector)
        return (response, collector.buffer)
    }

    private static func parts(of body: ByteBuffer?) -> AsyncStream<ByteBuffer> {
        AsyncStream { continuation in
            var rest = body ?? ByteBuffer()
            while let part = rest.readSlice(length: min(partSize, rest.readableBytes)),
                part.readableBytes > 0
            {
                continuation.yield(part)
            }
            continuation.finish()
        }
    }
}

/// All that a response writes.
private final class BodyCollector: ResponseBodyWriter {
    private let written = Mutex(ByteBuffer())

    var buffer: ByteBuffer { written.withLock { $0 } }

    func write(_ buffer: ByteBuffer) async throws {
        written.withLock { _ = $0.writeImmutableBuffer(buffer) }
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
