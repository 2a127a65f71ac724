import RandomNumbers
import Testing

@Suite struct SplitMix64Tests {
    /// The published test vector of the algorithm.
    @Test func numbersAreThoseOfTheReference() {
        var generator = SplitMix64(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        let numbers = expected.map { _ in generator.next() }
        #expect(numbers == expected)
    }

    @Test func permutationsAreUniform() {
        var generator = SplitMix64(seed: 5)
        var counts: [[Int]: Int] = [:]
        for _ in 0..<12_000 { counts[generator.permutation(of: 3), default: 0] += 1 }
        #expect(counts.count == 6)
        // Six standard deviations of a binomial count.
        for count in counts.values { #expect(abs(count - 2000) < 245) }
        #expect(generator.permutation(of: 0).isEmpty)
    }

    @Test func drawsStayBelowTheirBound() {
        var generator = SplitMix64(seed: 6)
        for bound in [1, 2, 3, 1 << 63, UInt64.max] as [UInt64] {
            for _ in 0..<50 { #expect(generator.next(below: bound) < bound) }
        }
    }
}
