import CZlib

/// Raw deflate streams (RFC 1951), by zlib.
enum Inflation {
    struct Failure: Error {
        let expected: String
        let found: String
    }

    private static let pieceByteCount = 1 << 18

    /// Hands `bytes` on in pieces, as `inflate` does with what it makes.
    static func copy(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void)
        rethrows
    {
        for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
            let end = min(start + pieceByteCount, bytes.count)
            try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        }
    }

    /// Decompresses a stream that must give exactly `byteCount` bytes; it stops as soon as there are more.
    static func inflate(
        _ compressed: UnsafeRawBufferPointer, byteCount: Int, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        // zlib keeps a pointer back to the stream, so it must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        // Negative window bits: no zlib header around the stream.
        let status = inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw Failure(expected: "memory for zlib", found: "its error \(status)") }
        defer { inflateEnd(stream) }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceByteCount, alignment: 16)
        defer { piece.deallocate() }

        var rest = compressed
        var written = 0
        while true {
            // zlib counts in 32 bits and only reads from `next_in`.
            let offered = min(rest.count, 1 << 30)
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: rest.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(offered)
            stream.pointee.next_out = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(piece.count)

            let status = CZlib.inflate(stream, Z_NO_FLUSH)
            guard status == Z_OK || status == Z_STREAM_END else {
                throw Failure(expected: "a deflate stream", found: description(of: status))
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[(offered - Int(stream.pointee.avail_in))...])
            let made = piece.count - Int(stream.pointee.avail_out)
            written += made
            guard written <= byteCount else { throw Failure(expected: "\(byteCount) bytes", found: "more") }
            if made > 0 { try body(UnsafeRawBufferPointer(rebasing: piece[..<made])) }
            if status == Z_STREAM_END { break }
        }
        guard written == byteCount else { throw Failure(expected: "\(byteCount) bytes", found: "\(written)") }
        guard rest.isEmpty else {
            throw Failure(
                expected: "the stream to fill its entry", found: "\(rest.count) bytes after its end")
        }
    }

    private static func description(of status: Int32) -> String {
        switch status {
        case Z_BUF_ERROR: "one that is cut short"
        case Z_DATA_ERROR: "damaged bytes"
        default: "zlib's error \(status)"
        }
    }
}

/// CRC-32 as zip uses it.
struct Checksum {
    private(set) var value: UInt32 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        value = UInt32(
            crc32_z(UInt(value), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
    }
}
