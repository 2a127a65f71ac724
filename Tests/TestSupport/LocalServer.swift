import Foundation

#if canImport(Darwin)
private let (stream, quietly) = (SOCK_STREAM, Int32(0))
#else
private let (stream, quietly) = (Int32(SOCK_STREAM.rawValue), Int32(MSG_NOSIGNAL))
#endif

/// A server on this machine that answers each connection in a thread of its own, as a test says, until it is released.
public final class LocalServer: @unchecked Sendable {
    public let port: Int
    private let listener: Int32

    /// What a connection gets.
    public enum Answer: Sendable {
        case json(String, status: Int = 200)
        /// Bytes as they are, and the end of the connection.
        case raw(String)
        /// Nothing, for as long as the other side waits.
        case silence
    }

    /// - Parameter answer: to a request by its path and body.
    public init(_ answer: @escaping @Sendable (_ path: String, _ body: String) -> Answer) throws {
        listener = socket(AF_INET, stream, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread {
            while case let connection = accept(descriptor, nil, nil), connection >= 0 {
                Thread.detachNewThread { Self.serve(connection, answer) }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    public var url: String { "http://127.0.0.1:\(port)/v1" }

    private static func serve(_ connection: Int32, _ answer: @Sendable (String, String) -> Answer) {
        defer { close(connection) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            bytes += buffer[..<count]
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let head = text[..<end.lowerBound]
            let length =
                head.lowercased().components(separatedBy: "content-length: ").dropFirst().first
                .flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
            guard text[end.upperBound...].utf8.count >= length else { continue }
            let path = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            return reply(answer(path, String(text[end.upperBound...])), connection)
        }
    }

    private static func reply(_ answer: Answer, _ connection: Int32) {
        func write(_ text: String) {
            let bytes = Array(text.utf8)
            _ = send(connection, bytes, bytes.count, quietly)
        }
        switch answer {
        case .json(let text, let status):
            write(
                "HTTP/1.1 \(status) Status\r\nContent-Type: application/json\r\nContent-Length: \(text.utf8.count)\r\n\r\n"
                    + text)
        case .raw(let text): write(text)
        case .silence:
            var byte: UInt8 = 0
            _ = recv(connection, &byte, 1, 0)
        }
    }
}
