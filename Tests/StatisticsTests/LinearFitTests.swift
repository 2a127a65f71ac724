import Statistics
import Testing

@Suite struct LinearFitTests {
    /// y = 1 + 2x with residuals 1, −2, 1: the slope's error is √(6 / 1 / 2).
    @Test func pointsBesideALine() throws {
        let fit = try #require(LinearFit([(x: 0, y: 2), (x: 1, y: 1), (x: 2, y: 6)]))
        #expect(fit.slope == 2 && fit.value(at: 10) == 21)
        #expect(abs(fit.slopeError - 3.0.squareRoot()) < 1e-12)
    }

    @Test func tooLittleIsNoLine() {
        #expect(LinearFit([(x: 0, y: 1), (x: 1, y: 2)]) == nil)
        #expect(LinearFit([(x: 1, y: 1), (x: 1, y: 2), (x: 1, y: 3)]) == nil)
    }
}
