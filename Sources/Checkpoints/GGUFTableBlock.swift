/// Blocks whose elements of 4 bits are places in a table of values. Source: `ggml-quants.c` of ggml; MXFP4 is the
/// format of the OCP Microscaling specification.
enum GGUFTableBlock {
    /// Levels that are closer together near zero, where most weights are.
    private static let levels: [Float] = [
        -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
    ]
    /// Twice the numbers of one sign bit, two of exponent and one of fraction.
    private static let doubledFloats: [Float] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]

    /// d, 32 elements.
    @inline(__always)
    static func iq4NL(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        fill(values, scale: GGUFTensorType.half(block), elements: block + 2, levels)
    }

    /// d, scales of 8 parts of 32 elements: the upper 2 bits together, then the lower 4 of each; elements.
    @inline(__always)
    static func iq4XS(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let d = GGUFTensorType.half(block)
        let highBits = UInt16(littleEndian: (block + 2).loadUnaligned(as: UInt16.self))
        for part in 0..<8 {
            let low = Int32((block + 4 + part / 2).load(as: UInt8.self) >> UInt8(4 * (part % 2)) & 0xf)
            let high = Int32(highBits >> UInt16(2 * part) & 3)
            fill(
                values + 32 * part, scale: d * Float(low | high << 4 - 32), elements: block + 8 + 16 * part,
                levels)
        }
    }

    /// The exponent of a power of two, 32 elements. Half of it is the scale of the doubled table; the two smallest are
    /// subnormal.
    @inline(__always)
    static func mxfp4(_ block: UnsafeRawPointer, into values: UnsafeMutablePointer<Float>) {
        let exponent = UInt32(block.load(as: UInt8.self))
        let bits = exponent < 2 ? 0x0020_0000 << exponent : (exponent - 1) << 23
        fill(values, scale: Float(bitPattern: bits), elements: block + 1, doubledFloats)
    }

    @inline(__always)
    private static func fill(
        _ values: UnsafeMutablePointer<Float>, scale: Float, elements: UnsafeRawPointer, _ table: [Float]
    ) {
        table.withUnsafeBufferPointer { table in
            GGUFTensorType.forEachNibble(elements) { values[$0] = scale * table[Int($1)] }
        }
    }
}
