import RandomNumbers
import Testing

@testable import Rewards

/// Whole numbers and fractions, against integers of 128 bits and against numbers that are known.
@Suite struct ExactNumberTests {
    private func big(_ value: Int128) -> BigInteger {
        let number = BigInteger(digits: String(value.magnitude)) ?? .zero
        return value < 0 ? -number : number
    }

    @Test func agreesWithTheMachinesIntegers() {
        var random = SplitMix64(seed: 11)
        func next() -> Int128 {
            let bits = Int.random(in: 1...62, using: &random)
            let value = Int128(random.next() >> (64 - UInt64(bits)))
            return Bool.random(using: &random) ? -value : value
        }
        for _ in 0..<2000 {
            let (a, b) = (next(), next())
            #expect(big(a) + big(b) == big(a + b))
            #expect(big(a) - big(b) == big(a - b))
            #expect(big(a) * big(b) == big(a * b))
            #expect((big(a) < big(b)) == (a < b))
            #expect(big(a * b).description == "\(a * b)")
            guard b != 0 else { continue }
            let (quotient, remainder) = big(a * b + a).divided(by: big(b))
            #expect(quotient == big((a * b + a) / b) && remainder == big((a * b + a) % b))
        }
    }

    /// What is longer than any machine's integer: dividend = quotient · divisor + remainder, the remainder
    /// the smaller.
    @Test func divisionUndoesMultiplication() {
        var random = SplitMix64(seed: 5)
        func number(_ limbs: Int) -> BigInteger {
            (0..<limbs).reduce(BigInteger.zero) { sum, _ in
                // Limbs of ones and zeros alone are where a guessed digit is wrong.
                let limb = [0, 0xFFFF_FFFF, Int(random.next() >> 32), 0x8000_0000][Int(random.next() % 4)]
                return sum * BigInteger(0x1_0000_0000) + BigInteger(limb)
            }
        }
        for _ in 0..<3000 {
            let dividend = number(Int(random.next() % 9) + 1)
            let divisor = number(Int(random.next() % 5) + 1)
            guard !divisor.isZero else { continue }
            let (quotient, remainder) = dividend.divided(by: divisor)
            #expect(quotient * divisor + remainder == dividend)
            #expect(remainder < divisor.magnitude)
        }
    }

    @Test func knowsNumbersOfManyDigits() {
        #expect(
            BigInteger(2).power(200).description
                == "1606938044258990275541962092341162602522202993782792835301376")
        let factorial = (1...30).reduce(BigInteger.one) { $0 * BigInteger($1) }
        #expect(factorial.description == "265252859812191058636308480000000")
        #expect(BigInteger(digits: "1000000000000000000000")?.description == "1000000000000000000000")
        #expect(BigInteger(digits: "")?.description == nil)
        #expect(BigInteger(digits: "12a") == nil)
        #expect(BigInteger(Int.min).int == nil)
        #expect(BigInteger(Int.max).int == .max && BigInteger(-7).int == -7)
        #expect(BigInteger(Int.min).description == "\(Int.min)")
        #expect(abs(BigInteger(3).power(300).double - 1.368914790585883e143) < 1e129)
    }

    @Test func fractionsAreInLowestTerms() throws {
        let third = try #require(Rational(BigInteger(-4), over: BigInteger(-12)))
        let half = try #require(Rational(decimal: "0.5"))
        #expect(third.description == "1/3")
        #expect((third + third)?.description == "2/3")
        #expect(third - third == .zero)
        #expect((third / half)?.description == "2/3")
        #expect(Rational.zero / Rational.zero == nil)
        #expect(Rational(2).power(-3)?.description == "1/8")
        #expect(Rational(0).power(-1) == nil)
        #expect(Rational(-1).power(Int.max) == Rational(-1))
        #expect(Rational(-1).power(Int.min) == Rational(1))
        #expect(Rational(9).power(Int.max) == nil)
        #expect(Rational(decimal: "12.50") == Rational(BigInteger(25), over: BigInteger(2)))
        #expect(third < Rational(1) && Rational(-1) < third)
    }

    @Test func roundsHalvesAwayFromZero() throws {
        func rounded(_ text: String) throws -> BigInteger {
            try #require(Rational(decimal: text)).rounded(toDigits: 2)
        }
        #expect(try rounded("1.005") == BigInteger(101))
        #expect(try rounded("1.0049999") == BigInteger(100))
        let negative = -(try #require(Rational(decimal: "1.005")))
        #expect(negative.rounded(toDigits: 2) == BigInteger(-101))
    }

    @Test func doublesAreNearWhateverTheSize() throws {
        let large = BigInteger(7).power(700)
        let ratio = try #require(Rational(large * BigInteger(3), over: large + .one))
        #expect(abs(ratio.double - 3) < 1e-14)
        #expect(Rational(BigInteger(10).power(400)).double == .infinity)
        #expect(Rational(.one, over: BigInteger(10).power(400))?.double == 0)
        let third = try #require(Rational(BigInteger(-1), over: BigInteger(3)))
        #expect(abs(third.double + 1.0 / 3) < 1e-16)
    }

    @Test func beyondTheirBoundThereAreNone() throws {
        let most = BigInteger(2).power(Rational.maximumBits - 1)
        #expect(Rational(most, over: .one) != nil)
        #expect(Rational(most * BigInteger(2), over: .one) == nil)
        let half = try #require(Rational(most, over: .one))
        #expect(half * Rational(2) == nil)
    }
}
