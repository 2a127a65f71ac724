import CZlib
import Foundation

/// The bytes of a file in order, decompressed on the way where the file is gzip (told by its first two bytes,
/// which no JSON starts with).
final class ByteStream {
    enum Failure: Error {
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

    init(_ url: URL) throws(Failure) {
        descriptor = open(url.path, O_RDONLY)
        guard descriptor >= 0 else { throw .system(Self.systemMessage) }
        try fill()
        if chunkRange.count >= 2, chunk[0] == 0x1F, chunk[1] == 0x8B {
            inflater = try Inflater()
        } else if url.pathExtension == "gz", !chunkRange.isEmpty {
            throw .notCompressed
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Fills `target` with at most its size of bytes; 0 only at the end of the file.
    func read(into target: UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Int {
        while true {
            if chunkRange.isEmpty { try fill() }
            guard let inflater else { return copy(into: target) }
            if chunkRange.isEmpty {
                guard inflater.isBetweenMembers else { throw .truncated }
                return 0
            }
            let (consumed, produced) = try inflater.inflate(chunk[chunkRange], into: target)
            chunkRange = chunkRange.lowerBound + consumed..<chunkRange.upperBound
            if produced > 0 { return produced }
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

/// zlib's inflate over the members of a gzip file.
private final class Inflater {
    /// On the heap because zlib keeps a pointer back to it.
    private let stream: UnsafeMutablePointer<z_stream>
    /// True when everything consumed so far is whole members: the only place where a file may end.
    private(set) var isBetweenMembers = true

    init() throws(ByteStream.Failure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let gzipOnly: Int32 = 16 + MAX_WBITS
        let status = inflateInit2_(stream, gzipOnly, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw .corrupt("zlib failed to start (status \(status))") }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Decompresses from `source` into `target` until one of them is used up or a member ends.
    func inflate(
        _ source: ArraySlice<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>
    ) throws(ByteStream.Failure) -> (consumed: Int, produced: Int) {
        if isBetweenMembers {
            inflateReset(stream)
            isBetweenMembers = false
        }
        let status = source.withUnsafeBufferPointer { input in
            // zlib reads through a pointer that C declares mutable.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = target.baseAddress
            stream.pointee.avail_out = UInt32(target.count)
            return CZlib.inflate(stream, Z_NO_FLUSH)
        }
        switch status {
        case Z_STREAM_END: isBetweenMembers = true
        case Z_OK, Z_BUF_ERROR: break
        default: throw .corrupt(stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)")
        }
        return (source.count - Int(stream.pointee.avail_in), target.count - Int(stream.pointee.avail_out))
    }
}
