/// Blocks of 256 elements: parts of 16 or 32 have scales of their own, small integers that one half-precision
/// number scales in turn. Every value is made by single operations in fp32, `(d·scale)·q − (dmin·min)`, in
/// the order of ggml, so that it is the same to the last bit. Source: `ggml-quants.c` of ggml.
enum GGUFSuperBlock {
    typealias Block = UnsafeRawPointer
    typealias Values = UnsafeMutablePointer<Float>

    /// 16 scales with minima of 4 bits each, 2 bits an element, d, dmin.
    @inline(__always)
    static func q2(_ block: Block, into values: Values) {
        let (d, dmin) = (GGUFTensorType.half(block + 80), GGUFTensorType.half(block + 82))
        for part in 0..<16 {
            let both = byte(block, part)
            let (scale, minimum) = (d * Float(both & 0xf), dmin * Float(both >> 4))
            for index in 0..<16 {
                values[16 * part + index] = scale * Float(pair(block + 16, part, index)) - minimum
            }
        }
    }

    /// High bits, 2 low bits an element, 16 scales of 6 bits, d. An element without its high bit is 4 less.
    @inline(__always)
    static func q3(_ block: Block, into values: Values) {
        let (scales, d) = (block + 96, GGUFTensorType.half(block + 108))
        for part in 0..<16 {
            let low = part < 8 ? byte(scales, part) & 0xf : byte(scales, part - 8) >> 4
            let high = byte(scales, 8 + part % 4) >> (2 * (part / 4)) & 3
            let scale = d * Float(low | high << 4 - 32)
            for index in 0..<16 {
                let isHigh = byte(block, 16 * (part % 2) + index) >> Int32(part / 2) & 1
                values[16 * part + index] =
                    scale * Float(pair(block + 32, part, index) - 4 * (1 - isHigh))
            }
        }
    }

    /// d, dmin, 8 scales and minima of 6 bits, 4 bits an element.
    @inline(__always)
    static func q4(_ block: Block, into values: Values) {
        for part in 0..<8 {
            let (scale, minimum) = scaleAndMinimum(block, part)
            for index in 0..<32 {
                values[32 * part + index] = scale * Float(nibble(block + 16, part, index)) - minimum
            }
        }
    }

    /// The same with fifth bits between scales and elements.
    @inline(__always)
    static func q5(_ block: Block, into values: Values) {
        for part in 0..<8 {
            let (scale, minimum) = scaleAndMinimum(block, part)
            for index in 0..<32 {
                let fifth = byte(block + 16, index) >> part & 1
                let integer = nibble(block + 48, part, index) | fifth << 4
                values[32 * part + index] = scale * Float(integer) - minimum
            }
        }
    }

    /// 4 low bits, 2 high bits an element, 16 signed scales, d.
    @inline(__always)
    static func q6(_ block: Block, into values: Values) {
        let (scales, d) = (block + 192, GGUFTensorType.half(block + 208))
        for part in 0..<16 {
            let scale = d * Float((scales + part).load(as: Int8.self))
            // Of each half, 4 runs of 32 elements: the low halves of two runs of bytes, then their high halves.
            let (half, run, first) = (part / 8, part % 8 / 2, 16 * (part % 2))
            for index in first..<first + 16 {
                let low = byte(block, 64 * half + 32 * (run % 2) + index) >> (4 * (run / 2)) & 0xf
                let high = byte(block, 128 + 32 * half + index) >> (2 * run) & 3
                values[128 * half + 32 * run + index] = scale * Float(low | high << 4 - 32)
            }
        }
    }

    /// Digits of base 3, five in a byte and in the last four bytes four, d. A byte is the digits as a fraction of
    /// 256: times a power of 3 its fraction begins with a later digit.
    @inline(__always)
    static func ternaryByFives(_ block: Block, into values: Values) {
        let d = GGUFTensorType.half(block + 52)
        var next = 0
        for (first, count, digits) in [(0, 32, 5), (32, 16, 5), (48, 4, 4)] {
            var power: UInt8 = 1
            for _ in 0..<digits {
                for index in first..<first + count {
                    let fraction = UInt8(byte(block, index)) &* power
                    values[next] = Float(Int32((UInt16(fraction) * 3) >> 8) - 1) * d
                    next += 1
                }
                power = power &* 3
            }
        }
    }

    /// 2 bits an element, of which 1 is taken away, d.
    @inline(__always)
    static func ternaryByFours(_ block: Block, into values: Values) {
        let d = GGUFTensorType.half(block + 64)
        for part in 0..<16 {
            for index in 0..<16 { values[16 * part + index] = Float(pair(block, part, index) - 1) * d }
        }
    }

    // MARK: Bits

    @inline(__always)
    private static func byte(_ bytes: Block, _ index: Int) -> Int32 {
        Int32((bytes + index).load(as: UInt8.self))
    }

    /// Element `index` of 16 in part `part` of 16, of 2 bits: 32 bytes hold four runs of 32 elements, the first in the
    /// lowest bits.
    @inline(__always)
    private static func pair(_ bytes: Block, _ part: Int, _ index: Int) -> Int32 {
        let run = part / 2
        return byte(bytes, 32 * (run / 4) + 16 * (part % 2) + index) >> (2 * (run % 4)) & 3
    }

    /// Element `index` of 32 in part `part` of 8, of 4 bits: 32 bytes hold two parts.
    @inline(__always)
    private static func nibble(_ bytes: Block, _ part: Int, _ index: Int) -> Int32 {
        byte(bytes, 32 * (part / 2) + index) >> (4 * (part % 2)) & 0xf
    }

    /// Of part `part` of 8, times d and dmin in front: 6 bits each, of the last four the upper two bits are those left
    /// over in the first eight bytes.
    @inline(__always)
    private static func scaleAndMinimum(_ block: Block, _ part: Int) -> (Float, Float) {
        let (d, dmin, packed) = (GGUFTensorType.half(block), GGUFTensorType.half(block + 2), block + 4)
        let scale: Int32
        let minimum: Int32
        if part < 4 {
            (scale, minimum) = (byte(packed, part) & 63, byte(packed, part + 4) & 63)
        } else {
            let low = byte(packed, part + 4)
            scale = low & 0xf | (byte(packed, part - 4) >> 6) << 4
            minimum = low >> 4 | (byte(packed, part) >> 6) << 4
        }
        return (d * Float(scale), dmin * Float(minimum))
    }
}
