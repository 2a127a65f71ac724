/// How GGUF stores a tensor: plain floating point, or blocks of 32 small integers with a scale.
///
/// In the block types, `d` and `m` are half-precision numbers in front of the integers `q`, and an element is
/// `d·q + m` (types `_1`) or `d·(q − centre)` (types `_0`). Byte `i` of the 4-bit part holds element `i` in
/// its low half and element `i + 16` in its high half; the 5-bit types keep the fifth bits together in 32
/// bits. Source: block layouts of ggml.
// swift-format-ignore: AlwaysUseLowerCamelCase
public enum GGUFTensorType: UInt32, Sendable, CaseIterable {
    case float32 = 0
    case float16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case bfloat16 = 30

    /// The name ggml gives it.
    public var name: String {
        switch self {
        case .float32: "F32"
        case .float16: "F16"
        case .q4_0: "Q4_0"
        case .q4_1: "Q4_1"
        case .q5_0: "Q5_0"
        case .q5_1: "Q5_1"
        case .q8_0: "Q8_0"
        case .bfloat16: "BF16"
        }
    }

    /// Elements that are stored together; rows hold whole blocks.
    var blockSize: Int {
        switch self {
        case .float32, .float16, .bfloat16: 1
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
        }
    }

    var blockByteCount: Int {
        switch self {
        case .float32: 4
        case .float16, .bfloat16: 2
        case .q4_0: 2 + 16
        case .q4_1: 4 + 16
        case .q5_0: 2 + 4 + 16
        case .q5_1: 4 + 4 + 16
        case .q8_0: 2 + 32
        }
    }

    /// Bytes of that many elements in whole blocks; `nil` where it overflows.
    func byteCount(ofElements count: Int) -> Int? {
        let (bytes, overflow) = (count / blockSize).multipliedReportingOverflow(by: blockByteCount)
        return overflow ? nil : bytes
    }

    /// What to call a type that is not among the cases.
    static func name(ofUnreadable code: UInt32) -> String {
        let names: [UInt32: String] = [
            9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS",
            17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS",
            24: "I8",
            25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
        ]
        return names[code] ?? "type number \(code)"
    }
}

// MARK: - Dequantisation

extension GGUFTensorType {
    /// Fills `values` from whole blocks. `blocks` holds exactly the bytes of `values.count` elements.
    func dequantize(_ blocks: UnsafeRawBufferPointer, into values: UnsafeMutableBufferPointer<Float>) {
        guard let source = blocks.baseAddress, let target = values.baseAddress else { return }
        let blockCount = blocks.count / blockByteCount
        precondition(
            values.count >= blockCount * blockSize,
            "\(values.count) values for \(blockCount) blocks of \(name)")
        for index in 0..<blockCount {
            dequantizeBlock(source + index * blockByteCount, into: target + index * blockSize)
        }
    }

    @inline(__always)
    private func dequantizeBlock(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        switch self {
        case .float32:
            values[0] = Float(bitPattern: UInt32(littleEndian: block.loadUnaligned(as: UInt32.self)))
        case .float16:
            values[0] = Self.half(block)
        case .bfloat16:
            values[0] = Float(
                bitPattern: UInt32(UInt16(littleEndian: block.loadUnaligned(as: UInt16.self))) << 16)
        case .q4_0:
            let scale = Self.half(block)
            Self.forEachNibble(block + 2) { values[$0] = scale * Float($1 - 8) }
        case .q4_1:
            let (scale, offset) = (Self.half(block), Self.half(block + 2))
            Self.forEachNibble(block + 4) { values[$0] = scale * Float($1) + offset }
        case .q5_0:
            let scale = Self.half(block)
            let fifthBits = UInt32(littleEndian: (block + 2).loadUnaligned(as: UInt32.self))
            Self.forEachNibble(block + 6) { index, nibble in
                values[index] = scale * Float((nibble | Self.fifthBit(index, fifthBits)) - 16)
            }
        case .q5_1:
            let (scale, offset) = (Self.half(block), Self.half(block + 2))
            let fifthBits = UInt32(littleEndian: (block + 4).loadUnaligned(as: UInt32.self))
            Self.forEachNibble(block + 8) { index, nibble in
                values[index] = scale * Float(nibble | Self.fifthBit(index, fifthBits)) + offset
            }
        case .q8_0:
            let scale = Self.half(block)
            for index in 0..<32 {
                values[index] = scale * Float((block + 2 + index).load(as: Int8.self))
            }
        }
    }

    @inline(__always)
    private static func half(_ pointer: UnsafeRawPointer) -> Float {
        Float(Float16(bitPattern: UInt16(littleEndian: pointer.loadUnaligned(as: UInt16.self))))
    }

    @inline(__always)
    private static func forEachNibble(
        _ bytes: UnsafeRawPointer, _ body: (_ index: Int, _ nibble: Int32) -> Void
    ) {
        for index in 0..<16 {
            let byte = Int32((bytes + index).load(as: UInt8.self))
            body(index, byte & 0xf)
            body(index + 16, byte >> 4)
        }
    }

    @inline(__always)
    private static func fifthBit(_ index: Int, _ bits: UInt32) -> Int32 {
        Int32((bits >> UInt32(index)) & 1) << 4
    }
}
