/// A whole number of any size: sign and magnitude in limbs of 32 bits, the lowest first.
///
/// Schoolbook arithmetic (Knuth, *The Art of Computer Programming* 2, 4.3.1): answers have tens of digits,
/// and whoever computes with them bounds ``bitWidth``.
struct BigInteger: Hashable, Sendable {
    /// Without leading zeros; empty for 0.
    private(set) var limbs: [UInt32]
    /// Never set for 0.
    private(set) var isNegative: Bool

    private init(limbs: [UInt32], isNegative: Bool) {
        var limbs = limbs
        while limbs.last == 0 { limbs.removeLast() }
        self.limbs = limbs
        self.isNegative = isNegative && !limbs.isEmpty
    }

    init(_ value: Int) {
        let magnitude = value.magnitude
        self.init(
            limbs: [UInt32(truncatingIfNeeded: magnitude), UInt32(truncatingIfNeeded: magnitude >> 32)],
            isNegative: value < 0)
    }

    /// - Parameter digits: ASCII decimal digits, at least one; nil for anything else.
    init?(digits: some StringProtocol) {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        var limbs: [UInt32] = []
        var chunk: (value: UInt32, scale: UInt32) = (0, 1)
        for digit in digits.utf8 {
            chunk = (chunk.value * 10 + UInt32(digit - 0x30), chunk.scale * 10)
            guard chunk.scale == 1_000_000_000 else { continue }
            Self.multiply(&limbs, by: chunk.scale, adding: chunk.value)
            chunk = (0, 1)
        }
        Self.multiply(&limbs, by: chunk.scale, adding: chunk.value)
        self.init(limbs: limbs, isNegative: false)
    }

    static let zero = BigInteger(0)
    static let one = BigInteger(1)

    var isZero: Bool { limbs.isEmpty }
    var isOne: Bool { limbs == [1] && !isNegative }
    var magnitude: BigInteger { BigInteger(limbs: limbs, isNegative: false) }

    /// Bits of the magnitude.
    var bitWidth: Int { limbs.isEmpty ? 0 : limbs.count * 32 - limbs[limbs.count - 1].leadingZeroBitCount }

    /// Where it fits.
    var int: Int? {
        guard bitWidth < 64 else { return nil }
        let magnitude = limbs.reversed().reduce(0) { $0 << 32 | Int($1) }
        return isNegative ? -magnitude : magnitude
    }

    /// The nearest double, infinite beyond all doubles.
    var double: Double {
        let magnitude = limbs.reversed().reduce(0.0) { $0 * 4_294_967_296 + Double($1) }
        return isNegative ? -magnitude : magnitude
    }

    // MARK: Arithmetic

    static prefix func - (value: BigInteger) -> BigInteger {
        BigInteger(limbs: value.limbs, isNegative: !value.isNegative)
    }

    static func + (left: BigInteger, right: BigInteger) -> BigInteger {
        guard left.isNegative != right.isNegative else {
            return BigInteger(limbs: added(left.limbs, right.limbs), isNegative: left.isNegative)
        }
        return isLess(left.limbs, right.limbs)
            ? BigInteger(limbs: subtracted(right.limbs, left.limbs), isNegative: right.isNegative)
            : BigInteger(limbs: subtracted(left.limbs, right.limbs), isNegative: left.isNegative)
    }

    static func - (left: BigInteger, right: BigInteger) -> BigInteger { left + -right }

    static func * (left: BigInteger, right: BigInteger) -> BigInteger {
        guard !left.isZero, !right.isZero else { return zero }
        var product = [UInt32](repeating: 0, count: left.limbs.count + right.limbs.count)
        for (index, limb) in left.limbs.enumerated() {
            var carry: UInt64 = 0
            for (offset, other) in right.limbs.enumerated() {
                let sum = UInt64(limb) * UInt64(other) + UInt64(product[index + offset]) + carry
                product[index + offset] = UInt32(truncatingIfNeeded: sum)
                carry = sum >> 32
            }
            product[index + right.limbs.count] = UInt32(carry)
        }
        return BigInteger(limbs: product, isNegative: left.isNegative != right.isNegative)
    }

    /// Quotient towards zero, and the remainder with the sign of the dividend.
    func divided(by divisor: BigInteger) -> (quotient: BigInteger, remainder: BigInteger) {
        precondition(!divisor.isZero, "division by zero")
        let (quotient, remainder) = Self.divided(limbs, by: divisor.limbs)
        return (
            BigInteger(limbs: quotient, isNegative: isNegative != divisor.isNegative),
            BigInteger(limbs: remainder, isNegative: isNegative)
        )
    }

    /// - Parameter exponent: at least 0.
    func power(_ exponent: Int) -> BigInteger {
        var (result, base, exponent) = (Self.one, self, exponent)
        while exponent > 0 {
            if exponent & 1 == 1 { result = result * base }
            exponent >>= 1
            if exponent > 0 { base = base * base }
        }
        return result
    }

    static func greatestCommonDivisor(_ first: BigInteger, _ second: BigInteger) -> BigInteger {
        var (first, second) = (first.magnitude, second.magnitude)
        while !second.isZero { (first, second) = (second, first.divided(by: second).remainder) }
        return first
    }

    // MARK: Magnitudes

    private static func multiply(_ limbs: inout [UInt32], by factor: UInt32, adding addend: UInt32) {
        var carry = UInt64(addend)
        for index in limbs.indices {
            let sum = UInt64(limbs[index]) * UInt64(factor) + carry
            limbs[index] = UInt32(truncatingIfNeeded: sum)
            carry = sum >> 32
        }
        if carry > 0 { limbs.append(UInt32(carry)) }
    }

    private static func isLess(_ left: [UInt32], _ right: [UInt32]) -> Bool {
        left.count != right.count
            ? left.count < right.count : left.reversed().lexicographicallyPrecedes(right.reversed())
    }

    private static func added(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        let (long, short) = left.count < right.count ? (right, left) : (left, right)
        var sum = long
        var carry: UInt64 = 0
        for index in long.indices {
            let value = UInt64(long[index]) + (index < short.count ? UInt64(short[index]) : 0) + carry
            sum[index] = UInt32(truncatingIfNeeded: value)
            carry = value >> 32
        }
        if carry > 0 { sum.append(UInt32(carry)) }
        return sum
    }

    /// - Parameter right: at most `left`.
    private static func subtracted(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var difference = left
        var borrow: Int64 = 0
        for index in left.indices {
            let value = Int64(left[index]) - (index < right.count ? Int64(right[index]) : 0) - borrow
            difference[index] = UInt32(truncatingIfNeeded: value)
            borrow = value < 0 ? 1 : 0
        }
        return difference
    }

    private static func divided(_ dividend: [UInt32], by divisor: [UInt32]) -> ([UInt32], [UInt32]) {
        if isLess(dividend, divisor) { return ([], dividend) }
        if divisor.count == 1 { return divided(dividend, by: divisor[0]) }
        // Knuth's algorithm D: both are shifted so that the divisor's highest bit is set.
        let shift = UInt32(divisor[divisor.count - 1].leadingZeroBitCount)
        let divisor = shifted(divisor, by: shift)
        var rest = shifted(dividend, by: shift)
        if rest.count == dividend.count { rest.append(0) }
        let count = divisor.count
        var quotient = [UInt32](repeating: 0, count: rest.count - count)
        for index in quotient.indices.reversed() {
            let top = UInt64(rest[index + count]) << 32 | UInt64(rest[index + count - 1])
            var digit = top / UInt64(divisor[count - 1])
            var left = top % UInt64(divisor[count - 1])
            while digit > UInt64(UInt32.max)
                || digit * UInt64(divisor[count - 2]) > left << 32 | UInt64(rest[index + count - 2])
            {
                digit -= 1
                left += UInt64(divisor[count - 1])
                if left > UInt64(UInt32.max) { break }
            }
            if subtract(divisor, times: digit, from: &rest, at: index) {
                digit -= 1
                addBack(divisor, to: &rest, at: index)
            }
            quotient[index] = UInt32(digit)
        }
        return (quotient, unshifted(Array(rest.prefix(count)), by: shift))
    }

    private static func divided(_ dividend: [UInt32], by divisor: UInt32) -> ([UInt32], [UInt32]) {
        var quotient = dividend
        var remainder: UInt64 = 0
        for index in dividend.indices.reversed() {
            let value = remainder << 32 | UInt64(dividend[index])
            quotient[index] = UInt32(value / UInt64(divisor))
            remainder = value % UInt64(divisor)
        }
        return (quotient, [UInt32(remainder)])
    }

    /// Whether more was taken than was there.
    private static func subtract(
        _ limbs: [UInt32], times digit: UInt64, from rest: inout [UInt32], at index: Int
    ) -> Bool {
        var (carry, borrow): (UInt64, Int64) = (0, 0)
        for offset in 0...limbs.count {
            let product = (offset < limbs.count ? digit * UInt64(limbs[offset]) : 0) + carry
            carry = product >> 32
            let value = Int64(rest[index + offset]) - Int64(product & 0xFFFF_FFFF) - borrow
            rest[index + offset] = UInt32(truncatingIfNeeded: value)
            borrow = value < 0 ? 1 : 0
        }
        return borrow != 0
    }

    private static func addBack(_ limbs: [UInt32], to rest: inout [UInt32], at index: Int) {
        var carry: UInt64 = 0
        for offset in 0...limbs.count {
            let sum =
                UInt64(rest[index + offset]) + (offset < limbs.count ? UInt64(limbs[offset]) : 0) + carry
            rest[index + offset] = UInt32(truncatingIfNeeded: sum)
            carry = sum >> 32
        }
    }

    private static func shifted(_ limbs: [UInt32], by shift: UInt32) -> [UInt32] {
        guard shift > 0 else { return limbs }
        var carry: UInt32 = 0
        var result = limbs.map { limb in
            defer { carry = limb >> (32 - shift) }
            return limb << shift | carry
        }
        if carry > 0 { result.append(carry) }
        return result
    }

    private static func unshifted(_ limbs: [UInt32], by shift: UInt32) -> [UInt32] {
        guard shift > 0 else { return limbs }
        return limbs.indices.map { index in
            limbs[index] >> shift | (index + 1 < limbs.count ? limbs[index + 1] << (32 - shift) : 0)
        }
    }
}

extension BigInteger: Comparable, CustomStringConvertible {
    static func < (left: BigInteger, right: BigInteger) -> Bool {
        guard left.isNegative == right.isNegative else { return left.isNegative }
        return left.isNegative ? isLess(right.limbs, left.limbs) : isLess(left.limbs, right.limbs)
    }

    var description: String {
        guard !isZero else { return "0" }
        var (rest, chunks): ([UInt32], [String]) = (limbs, [])
        while !rest.isEmpty {
            let (quotient, remainder) = Self.divided(rest, by: 1_000_000_000)
            chunks.append(String(remainder[0]))
            rest = quotient
            while rest.last == 0 { rest.removeLast() }
        }
        let padded = chunks.dropLast().reversed().map { String(repeating: "0", count: 9 - $0.count) + $0 }
        return (isNegative ? "-" : "") + chunks[chunks.count - 1] + padded.joined()
    }
}
