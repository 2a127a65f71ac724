import Foundation

/// The bytes of a file in order, decompressed on the way where the file is gzip (recognised by its first two bytes,
/// which no JSON starts with).
package final class ByteStream {
    package enum Failure: Error, Equatable {
        /// The operating system's own words.
        case system(String)
        /// The file ends inside a gzip member.
        case truncated
        /// zlib's own words.
        case corrupt(String)
        /// The name ends in `.gz` and the content is something else.
        case notCompressed
    }

    private static let chunkSize = 256 * 1024

    private let descriptor: Int32
    private var chunk = [UInt8](repeating: 0, count: chunkSize)
    private var chunkRange = 0..<0
    private var inflater: Inflater?

    package init(_ url: URL) throws(Failure) {
        descriptor = open(url.path, O_RDONLY)
        guard descriptor >= 0 else { throw .system(Self.systemMessage) }
        try fill()
        if chunkRange.count >= 2, chunk[0] == 0x1F, chunk[1] == 0x8B {
            do { inflater = try Inflater(.gzip) } catch { throw Failure(error) }
        } else if url.pathExtension == "gz", !chunkRange.isEmpty {
            throw .notCompressed
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Fills `target` with at most its size of bytes; 0 only at the end of the file.
    package func read(into target: UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Int {
        while true {
            if chunkRange.isEmpty { try fill() }
            guard let inflater else { return copy(into: target) }
            if chunkRange.isEmpty {
                guard inflater.isBetweenStreams else { throw .truncated }
                return 0
            }
            if inflater.isBetweenStreams, chunk[chunkRange.lowerBound] == 0 {
                try skipPadding()
                return 0
            }
            let step: (consumed: Int, produced: Int)
            do {
                step = try chunk[chunkRange].withUnsafeBufferPointer { source throws(Inflater.Failure) in
                    try inflater.inflate(
                        UnsafeRawBufferPointer(source), into: UnsafeMutableRawBufferPointer(target))
                }
            } catch {
                throw Failure(error)
            }
            chunkRange = chunkRange.lowerBound + step.consumed..<chunkRange.upperBound
            if step.produced > 0 { return step.produced }
        }
    }

    /// Zeros up to the end of the file, as tapes and some tools fill their blocks with; gzip lets them pass too.
    private func skipPadding() throws(Failure) {
        while !chunkRange.isEmpty {
            guard chunk[chunkRange].allSatisfy({ $0 == 0 }) else {
                throw .corrupt("something else after zeros behind the data")
            }
            try fill()
        }
    }

    private func copy(into target: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let count = min(chunkRange.count, target.count)
        let end = chunkRange.lowerBound + count
        _ = target.update(fromContentsOf: chunk[chunkRange.lowerBound..<end])
        chunkRange = end..<chunkRange.upperBound
        return count
    }

    private func fill() throws(Failure) {
        while true {
            let count = chunk.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                chunkRange = 0..<count
                return
            }
            guard errno == EINTR else { throw .system(Self.systemMessage) }
        }
    }

    private static var systemMessage: String { String(cString: strerror(errno)) }
}

extension ByteStream.Failure {
    fileprivate init(_ failure: Inflater.Failure) {
        switch failure {
        case .noStart(let status): self = .corrupt("zlib failed to start (status \(status))")
        case .damage(let status, let message): self = .corrupt(message ?? "status \(status)")
        }
    }
}
