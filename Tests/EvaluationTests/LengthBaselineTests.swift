import Evaluation
import Foundation
import RandomNumbers
import Testing

@Suite struct LengthBaselineTests {
    /// Judgments of an annotator who sees nothing but lengths.
    private func differences(weight: Double, count: Int, seed: UInt64) -> [Double] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let difference = (40 * generator.normal()).rounded()
            let prefersFirst =
                Double.random(in: 0..<1, using: &generator) < 1 / (1 + exp(-weight * difference))
            return prefersFirst ? difference : -difference
        }
    }

    @Test(arguments: [0.02, 0.005, 0, -0.01]) func recoversTheWeightOfAnAnnotator(weight: Double) throws {
        let found = try #require(
            LengthBaseline(fitting: differences(weight: weight, count: 4_000, seed: 7))
        ).weight
        print("weight of a token: true \(weight), recovered \(found)")
        // The standard error is at most 1/√(n·σ'·40²) = 0.0008.
        #expect(abs(found - weight) < 0.003)
    }

    @Test func twoComparisonsCanBeCountedByHand() throws {
        // One for, one against the longer answer, equally far apart: length says nothing.
        #expect(try #require(LengthBaseline(fitting: [10, -10])).weight.magnitude < 1e-9)
        // One comparison, scaled to 1: the slope 1/(1 + e^w) − w is 0 at w = 0.4010581.
        let single = try #require(LengthBaseline(fitting: [20]))
        #expect(abs(single.weight * 20 - 0.401_058_137_5) < 1e-9)
        #expect(single.scoreDifferences(of: [20, -40]).map { ($0 * 1e6).rounded() } == [401_058, -802_116])
    }

    @Test func staysFiniteWhereLengthDecidesEverything() throws {
        let found = try #require(LengthBaseline(fitting: (1...200).map(Double.init))).weight
        #expect(found > 0 && found.isFinite)
    }

    @Test func equalLengthsSayNothing() {
        #expect(LengthBaseline(fitting: [0, 0, 0]) == nil)
        #expect(LengthBaseline(fitting: []) == nil)
    }
}
