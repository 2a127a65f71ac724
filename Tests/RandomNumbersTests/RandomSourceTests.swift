import Foundation
import RandomNumbers
import Testing

@Suite struct RandomSourceTests {
    /// From the authors' C code with the state 1, 2, 3, 4.
    @Test func xoshiroKnownAnswers() throws {
        let state = (1...4).map { String(repeating: "0", count: 15) + String($0) }.joined()
        var random = try JSONDecoder().decode(RandomSource.self, from: Data("\"\(state)\"".utf8))
        let expected: [UInt64] = [
            11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
            607_988_272_756_665_600,
            16_172_922_978_634_559_625, 8_476_171_486_693_032_832,
        ]
        #expect(expected.map { _ in random.next() } == expected)
    }

    @Test func aSavedSourceGoesOnAsItWas() throws {
        var random = RandomSource(seed: 3)
        for _ in 0..<10 { _ = random.next() }
        var restored = try JSONDecoder().decode(RandomSource.self, from: JSONEncoder().encode(random))
        #expect(restored == random)
        #expect((0..<10).map { _ in restored.next() } == (0..<10).map { _ in random.next() })
    }

    @Test(arguments: [
        "", "12", String(repeating: "0", count: 64), String(repeating: "g", count: 64),
        String(repeating: "1", count: 65),
    ])
    func aDamagedStateIsRefused(_ state: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(RandomSource.self, from: Data("\"\(state)\"".utf8))
        }
    }

    @Test func uniformNumbersFillTheInterval() {
        var random = RandomSource(seed: 5)
        let values = (0..<100_000).map { _ in random.uniform() }
        #expect(values.allSatisfy { (0..<1).contains($0) })
        let mean = values.reduce(0, +) / 100_000
        // Five standard errors of the mean of a uniform variable.
        #expect(abs(mean - 0.5) < 5 * (1.0 / 12 / 100_000).squareRoot())
    }

    @Test func integersAreUniform() {
        var random = RandomSource(seed: 6)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[random.integer(below: 7)] += 1 }
        let chiSquare = counts.map { pow(Double($0) - 10_000, 2) / 10_000 }.reduce(0, +)
        // The 99.99 % quantile with 6 degrees of freedom.
        #expect(chiSquare < 27.9)
        #expect((0..<100).allSatisfy { _ in random.integer(below: 1) == 0 })
        #expect((0..<100).allSatisfy { _ in (0..<Int.max).contains(random.integer(below: .max)) })
    }

    @Test func shufflesAreUniformAndFixed() {
        var random = RandomSource(seed: 8)
        var counts: [[Int]: Int] = [:]
        for _ in 0..<24_000 {
            var items = [0, 1, 2, 3]
            random.shuffle(&items)
            counts[items, default: 0] += 1
        }
        #expect(counts.count == 24)
        let chiSquare = counts.values.map { pow(Double($0) - 1000, 2) / 1000 }.reduce(0, +)
        // The 99.99 % quantile with 23 degrees of freedom.
        #expect(chiSquare < 56.6)
        var (one, other) = (RandomSource(seed: 9), RandomSource(seed: 9))
        var (items, same) = (Array(0..<100), Array(0..<100))
        one.shuffle(&items)
        other.shuffle(&same)
        #expect(items == same && items != Array(0..<100))
        var empty: [Int] = []
        one.shuffle(&empty)
    }
}
