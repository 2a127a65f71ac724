/// Random numbers that are the same on every machine and in every version, from a state that a checkpoint can
/// save.
///
/// xoshiro256** of Blackman and Vigna (*Scrambled Linear Pseudorandom Number Generators*, 2021), its state
/// filled by SplitMix64 from the seed, as they advise. What is drawn by ``uniform()``, ``integer(below:)``
/// and ``shuffle(_:)`` is fixed here, where the standard library is free to change how it draws from a
/// generator.
public struct RandomSource: RandomNumberGenerator, Equatable, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    public init(seed: UInt64) {
        var splitMix = SplitMix64(seed: seed)
        state = (splitMix.next(), splitMix.next(), splitMix.next(), splitMix.next())
    }

    public mutating func next() -> UInt64 {
        let result = Self.rotated(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotated(state.3, by: 45)
        return result
    }

    /// Uniform on [0, 1): one of the 2⁵³ multiples of 2⁻⁵³, from the upper bits of one draw.
    public mutating func uniform() -> Double {
        next().unitFraction
    }

    /// Uniform on `0 ..< bound`, which must not be empty; unbiased by rejection (Lemire, 2019).
    public mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "bound is \(bound), expected at least 1")
        let bound = UInt64(bound)
        var product = next().multipliedFullWidth(by: bound)
        while product.low < (0 &- bound) % bound {
            product = next().multipliedFullWidth(by: bound)
        }
        return Int(product.high)
    }

    /// Puts the elements in a uniformly random order (Fisher and Yates, from the last element down).
    public mutating func shuffle<Element>(_ elements: inout [Element]) {
        for index in elements.indices.dropFirst().reversed() {
            elements.swapAt(index, integer(below: index + 1))
        }
    }

    public static func == (one: RandomSource, other: RandomSource) -> Bool { one.state == other.state }

    private static func rotated(_ value: UInt64, by count: UInt64) -> UInt64 {
        value << count | value >> (64 - count)
    }
}

extension RandomSource: Codable {
    /// The state as 64 hexadecimal digits: JSON readers differ on numbers above 2⁵³.
    public func encode(to encoder: any Encoder) throws {
        let digits = [state.0, state.1, state.2, state.3].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        var container = encoder.singleValueContainer()
        try container.encode(digits.joined())
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let digits = Array(try container.decode(String.self).utf8)
        let words = stride(from: 0, to: digits.count, by: 16).compactMap { start in
            UInt64(String(decoding: digits[start..<min(start + 16, digits.count)], as: UTF8.self), radix: 16)
        }
        // From the state 0 nothing but 0 would follow.
        guard digits.count == 64, words.count == 4, words.contains(where: { $0 != 0 }) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "expected the state of a random source: 64 hexadecimal digits, not all 0")
        }
        state = (words[0], words[1], words[2], words[3])
    }
}
