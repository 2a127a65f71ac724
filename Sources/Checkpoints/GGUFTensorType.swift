/// How GGUF stores a tensor: plain floating point, or blocks of small integers that share scales.
///
/// In the blocks of 32, `d` and `m` are half-precision numbers in front of the integers `q`, and an element is
/// `d·q + m` (types `_1`) or `d·(q − centre)` (types `_0`). Byte `i` of the 4-bit part holds element `i` in
/// its low half and element `i + 16` in its high half; the 5-bit types keep the fifth bits together in 32
/// bits. Blocks of 256 are in `GGUFSuperBlock`, those whose integers point into a table in `GGUFTableBlock`.
/// Source: block layouts of ggml.
// swift-format-ignore: AlwaysUseLowerCamelCase
public enum GGUFTensorType: UInt32, Sendable, CaseIterable {
    case float32 = 0
    case float16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q8_1 = 9
    case q2_K = 10
    case q3_K = 11
    case q4_K = 12
    case q5_K = 13
    case q6_K = 14
    case q8_K = 15
    case iq4_NL = 20
    case iq4_XS = 23
    case bfloat16 = 30
    case tq1_0 = 34
    case tq2_0 = 35
    case mxfp4 = 39

    /// The name ggml gives it.
    public var name: String { layout.name }

    /// Elements that are stored together; rows hold whole blocks.
    var blockSize: Int { layout.blockSize }

    var blockByteCount: Int { layout.byteCount }

    private var layout: (name: String, blockSize: Int, byteCount: Int) {
        switch self {
        case .float32: ("F32", 1, 4)
        case .float16: ("F16", 1, 2)
        case .bfloat16: ("BF16", 1, 2)
        case .q4_0: ("Q4_0", 32, 2 + 16)
        case .q4_1: ("Q4_1", 32, 4 + 16)
        case .q5_0: ("Q5_0", 32, 2 + 4 + 16)
        case .q5_1: ("Q5_1", 32, 4 + 4 + 16)
        case .q8_0: ("Q8_0", 32, 2 + 32)
        case .q8_1: ("Q8_1", 32, 4 + 32)
        case .q2_K: ("Q2_K", 256, 16 + 64 + 4)
        case .q3_K: ("Q3_K", 256, 32 + 64 + 12 + 2)
        case .q4_K: ("Q4_K", 256, 4 + 12 + 128)
        case .q5_K: ("Q5_K", 256, 4 + 12 + 32 + 128)
        case .q6_K: ("Q6_K", 256, 128 + 64 + 16 + 2)
        case .q8_K: ("Q8_K", 256, 4 + 256 + 32)
        case .iq4_NL: ("IQ4_NL", 32, 2 + 16)
        case .iq4_XS: ("IQ4_XS", 256, 2 + 2 + 4 + 128)
        case .tq1_0: ("TQ1_0", 256, 48 + 4 + 2)
        case .tq2_0: ("TQ2_0", 256, 64 + 2)
        case .mxfp4: ("MXFP4", 32, 1 + 16)
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
            4: "Q4_2", 5: "Q4_3", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S",
            22: "IQ2_S", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 31: "Q4_0_4_4",
            32: "Q4_0_4_8", 33: "Q4_0_8_8", 36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8", 38: "IQ4_NL_8_8",
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
            Self.fill(values, 32, scale: Self.half(block), integers: block + 2)
        // The second number is d times the sum of the integers, which only products need.
        case .q8_1:
            Self.fill(values, 32, scale: Self.half(block), integers: block + 4)
        case .q8_K:
            let scale = Float(bitPattern: UInt32(littleEndian: block.loadUnaligned(as: UInt32.self)))
            Self.fill(values, 256, scale: scale, integers: block + 4)
        case .q2_K: GGUFSuperBlock.q2(block, into: values)
        case .q3_K: GGUFSuperBlock.q3(block, into: values)
        case .q4_K: GGUFSuperBlock.q4(block, into: values)
        case .q5_K: GGUFSuperBlock.q5(block, into: values)
        case .q6_K: GGUFSuperBlock.q6(block, into: values)
        case .tq1_0: GGUFSuperBlock.ternaryByFives(block, into: values)
        case .tq2_0: GGUFSuperBlock.ternaryByFours(block, into: values)
        case .iq4_NL: GGUFTableBlock.iq4NL(block, into: values)
        case .iq4_XS: GGUFTableBlock.iq4XS(block, into: values)
        case .mxfp4: GGUFTableBlock.mxfp4(block, into: values)
        }
    }

    /// d·q.
    @inline(__always)
    private static func fill(
        _ values: UnsafeMutablePointer<Float>, _ count: Int, scale: Float, integers: UnsafeRawPointer
    ) {
        for index in 0..<count { values[index] = scale * Float((integers + index).load(as: Int8.self)) }
    }

    @inline(__always)
    static func half(_ pointer: UnsafeRawPointer) -> Float {
        Float(Float16(bitPattern: UInt16(littleEndian: pointer.loadUnaligned(as: UInt16.self))))
    }

    /// The low halves of 16 bytes, then their high halves.
    @inline(__always)
    static func forEachNibble(
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
