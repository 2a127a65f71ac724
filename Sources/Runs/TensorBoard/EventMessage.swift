import Foundation

/// A message of TensorBoard, as far as scalars need it: `Tests/RunsTests/TensorBoard/event.proto` declares it, and the code
/// that protoc makes of that is what its bytes are compared with.
struct EventMessage {
    enum Content {
        /// The first record of a file.
        case version
        /// A reader drops what it has seen of this step and later ones.
        case sessionStart
        case scalars([(tag: String, value: Float)])
    }

    /// Seconds since 1970.
    var wallTime: Double
    var step = 0
    var content: Content

    /// In protobuf's wire format: fields in the order of their numbers, without those that are zero or empty.
    var bytes: Data {
        var event = MessageWriter()
        event.write(1, wallTime.bitPattern, .fixed64)
        event.write(2, UInt64(bitPattern: Int64(step)))
        switch content {
        case .version: event.write(3, Data("brain.Event:2".utf8))
        case .scalars(let scalars):
            var summary = MessageWriter()
            for scalar in scalars {
                var value = MessageWriter()
                if !scalar.tag.isEmpty { value.write(1, Data(scalar.tag.utf8)) }
                value.write(2, scalar.value.bitPattern, .fixed32)
                summary.write(1, value.bytes)
            }
            event.write(5, summary.bytes)
        case .sessionStart:
            var session = MessageWriter()
            session.write(1, 1)
            event.write(7, session.bytes)
        }
        return event.bytes
    }
}

/// Fields of a protobuf message, one after the other.
private struct MessageWriter {
    enum WireType: UInt64 {
        case variable = 0
        case fixed64 = 1
        case delimited = 2
        case fixed32 = 5
    }

    private(set) var bytes = Data()

    mutating func write(_ field: UInt64, _ number: UInt64) {
        guard number != 0 else { return }
        writeKey(field, .variable)
        writeVariable(number)
    }

    mutating func write(_ field: UInt64, _ bits: some FixedWidthInteger, _ type: WireType) {
        guard bits != 0 else { return }
        writeKey(field, type)
        withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ field: UInt64, _ content: Data) {
        writeKey(field, .delimited)
        writeVariable(UInt64(content.count))
        bytes.append(content)
    }

    private mutating func writeKey(_ field: UInt64, _ type: WireType) {
        writeVariable(field << 3 | type.rawValue)
    }

    /// Seven bits a byte, the lowest first; all but the last are marked.
    private mutating func writeVariable(_ number: UInt64) {
        var rest = number
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
