import Foundation

/// One HTTP request to a port of this machine, on a connection of its own. Foundation's client does not take the head of
/// the driver's answers.
struct LoopbackRequest: Sendable {
    let port: UInt16
    let method: String
    let path: String
    let body: String?

    /// The body of the answer, whatever its status.
    func send() async throws -> Data {
        try await withCheckedThrowingContinuation { continuation in
            // Waiting blocks a thread, which must not be one of those that tasks share.
            Thread { continuation.resume(with: Result { try exchange() }) }.start()
        }
    }

    private func exchange() throws -> Data {
        let descriptor = try connected()
        defer { close(descriptor) }
        let content = Data((body ?? "").utf8)
        let head = [
            "\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close",
            "Content-Type: application/json; charset=utf-8", "Content-Length: \(content.count)", "", "",
        ]
        try write(Data(head.joined(separator: "\r\n").utf8) + content, to: descriptor)
        var answer = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw POSIXError.last }
            answer.append(contentsOf: buffer[..<count])
            if let body = wholeBody(of: answer, isAtEnd: count == 0) { return body }
        }
    }

    private func connected() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let error = POSIXError.last
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private func write(_ data: Data, to descriptor: Int32) throws {
        var rest = data[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw POSIXError.last }
            rest = rest.dropFirst(count)
        }
    }

    /// What follows the head, once as much of it is there as the head says.
    private func wholeBody(of answer: Data, isAtEnd: Bool) -> Data? {
        guard let end = answer.firstRange(of: Data("\r\n\r\n".utf8)) else { return isAtEnd ? Data() : nil }
        let body = answer[end.upperBound...]
        let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
        guard let match = head.firstMatch(of: /(?i)content-length: *(\d+)/), let length = Int(match.1) else {
            return isAtEnd ? Data(body) : nil
        }
        return isAtEnd || body.count >= length ? Data(body.prefix(length)) : nil
    }
}

extension POSIXError {
    fileprivate static var last: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
