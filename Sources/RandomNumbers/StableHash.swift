/// A hash that is the same in every run and on every machine, where the standard library's differs from run to run.
///
/// FNV-1a with 64 bits (Fowler, Noll, Vo) over the bytes, finished as in SplitMix64.
///
///     var hash = StableHash()
///     hash.combine(seed)
///     hash.combine(prompt)
///     let isFirst = hash.fraction < 0.5
public struct StableHash: Hashable, Sendable {
    /// The FNV-1a hash itself. Its high bits differ little between short texts; those of ``value`` do not.
    public private(set) var state: UInt64 = 0xcbf2_9ce4_8422_2325

    public init() {}

    /// Of bytes, and of nothing about how many they are.
    public init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { combine(byte: byte) }
    }

    /// The eight bytes of a number, the lowest first.
    public mutating func combine(_ number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            combine(byte: UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// The text in UTF-8 after the number of its bytes, so that ("ab", "c") and ("a", "bc") differ.
    public mutating func combine(_ text: String) {
        combine(UInt64(text.utf8.count))
        for byte in text.utf8 { combine(byte: byte) }
    }

    private mutating func combine(byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    /// The first number that SplitMix64 gives with the hash as its seed.
    public var value: UInt64 {
        var generator = SplitMix64(seed: state)
        return generator.next()
    }

    /// Uniform on [0, 1), from ``value``.
    public var fraction: Double { value.unitFraction }
}

extension UInt64 {
    /// One of the 2⁵³ multiples of 2⁻⁵³ in [0, 1), as many as a `Double` tells apart there, by the upper bits.
    package var unitFraction: Double { Double(self >> 11) * 0x1p-53 }
}
