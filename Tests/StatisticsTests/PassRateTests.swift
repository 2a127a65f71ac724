import Testing

@testable import Statistics

@Suite struct PassRateTests {
    /// Of four answers two are right: of six pairs one has none of them; of four triples none has.
    @Test func chancesAreCounted() {
        #expect(passRate(at: 1, right: 2, of: 4) == 0.5)
        #expect(abs(passRate(at: 2, right: 2, of: 4) - 5.0 / 6) < 1e-15)
        #expect(passRate(at: 3, right: 2, of: 4) == 1 && passRate(at: 4, right: 0, of: 4) == 0)
        #expect(passRate(at: 1, right: 0, of: 1) == 0 && passRate(at: 1, right: 1, of: 1) == 1)
    }

    /// Against the enumeration of all subsets.
    @Test func itIsTheShareOfSubsetsWithARightAnswer() {
        for count in 1...7 {
            for right in 0...count {
                for k in 1...count {
                    let subsets = (0..<(1 << count)).filter { $0.nonzeroBitCount == k }
                    let passing = subsets.count { $0 & ((1 << right) - 1) != 0 }
                    let share = Double(passing) / Double(subsets.count)
                    #expect(abs(passRate(at: k, right: right, of: count) - share) < 1e-12)
                }
            }
        }
    }
}
