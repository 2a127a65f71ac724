import Runs
import Testing

@testable import Training

/// What is said of a run at its end.
@Suite struct TrainingGuideTests {
    private func concern(_ losses: [Double], lossShouldFall: Bool = true) -> String? {
        TrainingGuide("", shown: [], lossShouldFall: lossShouldFall, curves: []).concern(
            about: losses.enumerated().map { index, loss in
                MetricsRecord(
                    step: index + 1, epoch: 0, tokens: 0, seconds: 0, metrics: [.init("loss", loss)])
            })
    }

    /// The same noise at every call.
    private func noise(_ index: Int) -> Double { [0.1, -0.2, 0.05, -0.05, 0.2, -0.1][index % 6] }

    @Test func aLossThatFallsIsNoConcern() {
        #expect(concern((0..<40).map { 6 - 0.1 * Double($0) + noise($0) }) == nil)
    }

    @Test func aLossThatRisesIs() {
        #expect(
            concern((0..<40).map { 2 + 0.1 * Double($0) + noise($0) })?.hasPrefix("the loss rose") == true)
        let burst = concern([6.5, 900, 3000, 3600, 3500, 3677, 3650, 3677])
        #expect(burst?.hasPrefix("the loss rose, from 6.5 to") == true)
    }

    @Test func aLossThatStandsIs() {
        #expect(concern((0..<40).map { 0.693 + noise($0) })?.hasPrefix("the loss did not move") == true)
        #expect(concern(Array(repeating: 0.693, count: 40))?.hasPrefix("the loss did not move") == true)
    }

    @Test func fewStepsSayNothingAndSomeLossesNever() {
        #expect(concern((0..<12).map { 0.693 + noise($0) }) == nil)
        #expect(concern([1, 9]) == nil)
        #expect(concern((0..<40).map { Double($0) }, lossShouldFall: false) == nil)
    }
}
