/// SplitMix64 (Steele, Lea and Flood, *Fast Splittable Pseudorandom Number Generators*, 2014): fast, the same on every
/// machine, and its whole state is one number.
public struct SplitMix64: RandomNumberGenerator, Codable, Hashable, Sendable {
    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    public private(set) var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mixed(state)
    }

    /// The output function: a bijection in which every bit of the input reaches every bit of the output.
    public static func mixed(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// A uniform number below `bound`: draws that would favour small results are thrown away.
    public mutating func next(below bound: UInt64) -> UInt64 {
        let unfair = (0 &- bound) % bound
        while true {
            let draw = next()
            if draw >= unfair { return draw % bound }
        }
    }

    /// A Fisher–Yates shuffle of `0..<count`, from the last position to the first. Spelled out because the
    /// standard library does not promise that its own shuffle stays the same.
    public mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, Int(next(below: UInt64(last) + 1)))
        }
        return order
    }
}
