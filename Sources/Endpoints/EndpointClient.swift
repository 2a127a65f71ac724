import Foundation
import JSON
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks a server, one question a connection, and waits for what it says.
public final class EndpointClient: Sendable {
    public struct Limits: Sendable {
        /// For a whole answer.
        public var timeout = TimeAmount.seconds(120)
        /// Of a question that is not answered at all; one that is answered wrongly is not asked again.
        public var attempts = 3
        /// Seconds before the second attempt; four times that before the third.
        public var pause = 0.5
        /// Bytes of an answer.
        public var size = 16 << 20

        public init() {}
    }

    public let endpoint: Endpoint
    private let limits: Limits

    public init(_ endpoint: Endpoint, limits: Limits = Limits()) {
        (self.endpoint, self.limits) = (endpoint, limits)
    }

    /// The model that is meant: the named one, or the only one that the server lists.
    /// - Throws: ``EndpointError``.
    public func model() throws -> String {
        if let model = endpoint.model { return model }
        let names = try ask("/models", nil)["data"]?.array?.compactMap { $0["id"]?.string } ?? []
        guard names.count == 1 else {
            throw EndpointError.answer(
                url("/models"), expected: "one model, or its name behind # (\(endpoint)#MODEL)",
                found: names.isEmpty ? "none" : names.joined(separator: ", "))
        }
        return names[0]
    }

    /// What the server answers to a question.
    /// - Parameter path: below that of the endpoint.
    /// - Throws: ``EndpointError``.
    public func post(_ path: String, _ body: JSONValue) throws -> JSONValue { try ask(path, body) }

    private func url(_ path: String) -> String {
        "http://\(endpoint.host):\(endpoint.port)\(endpoint.path)\(path)"
    }

    private func ask(_ path: String, _ body: JSONValue?) throws -> JSONValue {
        let answer = try answer(path, body)
        guard answer.status < 400 else {
            let text = String(decoding: answer.body.prefix(300), as: UTF8.self)
            throw EndpointError.answer(
                url(path), expected: "an answer", found: "status \(answer.status): \(text)")
        }
        do {
            return try JSONValue(parsing: answer.body)
        } catch {
            throw EndpointError.answer(url(path), expected: "JSON", found: "\(error)")
        }
    }

    /// An answer with whatever status, but for those by which a server says that it is busy.
    private func answer(_ path: String, _ body: JSONValue?) throws -> ServerAnswer {
        var pause = limits.pause
        for attempt in 1... {
            do {
                let answer = try exchange(path, body)
                guard answer.status == 429 || answer.status >= 500 else { return answer }
                throw ServerTrouble.busy(Int(answer.status))
            } catch let trouble as ServerTrouble {
                guard trouble.mayPass, attempt < limits.attempts else {
                    throw EndpointError.unreachable(url(path), found: "\(trouble)", attempts: attempt)
                }
            } catch {
                guard attempt < limits.attempts else {
                    throw EndpointError.unreachable(
                        url(path), found: "no connection (\(error))", attempts: attempt)
                }
            }
            Thread.sleep(forTimeInterval: pause)
            pause *= 4
        }
        preconditionFailure("attempts have no end")
    }

    private func exchange(_ path: String, _ body: JSONValue?) throws -> ServerAnswer {
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.next().makePromise(of: ServerAnswer.self)
        let (size, timeout) = (limits.size, limits.timeout)
        let bootstrap = ClientBootstrap(group: group).connectTimeout(timeout).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(AnswerReader(promise, limit: size))
            }
        }
        let channel: any Channel
        do {
            channel = try bootstrap.connect(host: endpoint.host, port: endpoint.port).wait()
        } catch {
            promise.fail(error)
            throw error
        }
        let clock = channel.eventLoop.scheduleTask(in: timeout) {
            promise.fail(ServerTrouble.silent(seconds: Double(timeout.nanoseconds) / 1e9))
            channel.close(promise: nil)
        }
        defer {
            clock.cancel()
            channel.close(promise: nil)
        }
        let bytes = body.map { Array($0.text().utf8) }
        var head = HTTPRequestHead(
            version: .http1_1, method: bytes == nil ? .GET : .POST, uri: endpoint.path + path)
        head.headers = [
            "Host": "\(endpoint.host):\(endpoint.port)", "Connection": "close", "Accept": "application/json",
        ]
        if let bytes {
            head.headers.add(name: "Content-Type", value: "application/json")
            head.headers.add(name: "Content-Length", value: "\(bytes.count)")
        }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if let bytes {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        return try promise.futureResult.wait()
    }
}

/// A whole answer.
struct ServerAnswer: Sendable {
    let status: UInt
    let body: [UInt8]
}

/// Why there is none.
enum ServerTrouble: Error, CustomStringConvertible {
    case silent(seconds: Double)
    case dropped
    case tooLong(bytes: Int)
    case busy(Int)

    /// Whether asking again may help. Who waited once for a server that says nothing does not wait again.
    var mayPass: Bool {
        switch self {
        case .dropped, .busy: true
        case .silent, .tooLong: false
        }
    }

    var description: String {
        switch self {
        case .silent(let seconds): "none within \(seconds) s"
        case .dropped: "the end of the connection before that of the answer"
        case .tooLong(let bytes): "more than \(bytes) bytes"
        case .busy(let status): "status \(status)"
        }
    }
}

/// Gathers the answer of a connection.
private final class AnswerReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<ServerAnswer>
    private let limit: Int
    private var status: UInt = 0
    private var body: [UInt8] = []

    init(_ promise: EventLoopPromise<ServerAnswer>, limit: Int) {
        (self.promise, self.limit) = (promise, limit)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = head.status.code
        case .body(let part):
            guard body.count + part.readableBytes <= limit else {
                promise.fail(ServerTrouble.tooLong(bytes: limit))
                return context.close(promise: nil)
            }
            body += part.readableBytesView
        case .end:
            promise.succeed(ServerAnswer(status: status, body: body))
            context.close(promise: nil)
        }
    }

    /// Does nothing to an answer that was whole before.
    func channelInactive(context: ChannelHandlerContext) { promise.fail(ServerTrouble.dropped) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(ServerTrouble.dropped)
        context.close(promise: nil)
    }
}
