import CZlib

/// Decompresses deflate data as they come, by zlib.
package final class Inflater {
    package enum Format: Sendable {
        /// A deflate stream by itself (RFC 1951).
        case deflate
        /// Members of a gzip file (RFC 1952), whose checksums are compared.
        case gzip
        /// A deflate stream with zlib's header and checksum (RFC 1950).
        case zlib

        fileprivate var windowBits: Int32 {
            switch self {
            case .deflate: -MAX_WBITS
            case .gzip: 16 + MAX_WBITS
            case .zlib: MAX_WBITS
            }
        }
    }

    package enum Failure: Error, Equatable {
        /// zlib does not start, as where memory is short; its status.
        case noStart(Int32)
        /// The bytes are none of the format: zlib's status, and its words where it has some.
        case damage(Int32, String?)
    }

    /// On the heap because zlib keeps a pointer back to it.
    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether everything consumed so far is whole streams: the only place where data may end.
    package private(set) var isBetweenStreams = true

    package init(_ format: Format) throws(Failure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        let status = inflateInit2_(stream, format.windowBits, ZLIB_VERSION, size)
        guard status == Z_OK else { throw .noStart(status) }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Decompresses from `source` into `target` until one of them is used up or a stream ends; the call after that begins
    /// with the next stream. Where nothing is consumed and nothing produced, `source` ends too early.
    package func inflate(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(Failure) -> (consumed: Int, produced: Int) {
        if isBetweenStreams {
            inflateReset(stream)
            isBetweenStreams = false
        }
        // zlib counts in 32 bits, and reads through a pointer that C declares mutable.
        let (offered, room) = (min(source.count, 1 << 30), min(target.count, 1 << 30))
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(offered)
        stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        let status = CZlib.inflate(stream, Z_NO_FLUSH)
        switch status {
        case Z_STREAM_END: isBetweenStreams = true
        case Z_OK, Z_BUF_ERROR: break
        default: throw .damage(status, stream.pointee.msg.map { String(cString: $0) })
        }
        return (offered - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out))
    }
}

// MARK: - Whole streams

extension Inflater {
    /// How a stream differs from what was said of it.
    package struct Mismatch: Error {
        package let expected: String
        package let found: String
    }

    private static let pieceByteCount = 1 << 18

    /// Decompresses a deflate stream that fills `compressed` and must give exactly `byteCount` bytes, which `body` gets
    /// in pieces; it stops as soon as there are more.
    ///
    /// - Throws: ``Mismatch``, or what `body` throws.
    package static func inflate(
        _ compressed: UnsafeRawBufferPointer, byteCount: Int, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceByteCount, alignment: 16)
        defer { piece.deallocate() }
        var rest = compressed
        var written = 0
        do {
            let inflater = try Inflater(.deflate)
            repeat {
                let (consumed, produced) = try inflater.inflate(rest, into: piece)
                guard consumed > 0 || produced > 0 || inflater.isBetweenStreams else {
                    throw Mismatch(expected: "a deflate stream", found: "one that is cut short")
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
                written += produced
                guard written <= byteCount else {
                    throw Mismatch(expected: "\(byteCount) bytes", found: "more")
                }
                if produced > 0 { try body(UnsafeRawBufferPointer(rebasing: piece[..<produced])) }
            } while !inflater.isBetweenStreams
        } catch let failure as Failure {
            throw Mismatch(failure)
        }
        guard written == byteCount else {
            throw Mismatch(expected: "\(byteCount) bytes", found: "\(written)")
        }
        guard rest.isEmpty else {
            throw Mismatch(
                expected: "the stream to fill its entry", found: "\(rest.count) bytes after its end")
        }
    }
}

extension Inflater.Mismatch {
    fileprivate init(_ failure: Inflater.Failure) {
        switch failure {
        case .noStart(let status):
            self.init(expected: "memory for zlib", found: "its error \(status)")
        case .damage(Z_DATA_ERROR, _):
            self.init(expected: "a deflate stream", found: "damaged bytes")
        case .damage(let status, _):
            self.init(expected: "a deflate stream", found: "zlib's error \(status)")
        }
    }
}
