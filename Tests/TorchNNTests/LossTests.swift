import Testing
import Torch
import TorchNN

@Suite struct LossTests {
    private struct Golden: Decodable {
        struct Whitened: Decodable {
            let shiftMean: Bool
            let output: Numbers
        }
        struct EndToEnd: Decodable { let advantagesRaw, advantagesWhitened: Numbers }
        let mask, oldValues: Numbers
        let maskedWhiten: [Whitened]
        let endToEnd: [EndToEnd]
    }

    private let values = Tensor([1, 2, 3, .nan, 6, .infinity] as [Double], shape: [2, 3]).leaf()
    private let mask = Tensor([true, true, true, false, true, false], shape: [2, 3])

    @Test func meansAndVariances() {
        #expect(maskedMean(values, over: mask).item() == 3)
        expectClose(maskedVariance(values, over: mask), [14.0 / 3])
        #expect(maskedMean(values, over: mask.to(.float32)).item() == 3)
        #expect(maskedMean(values, over: Tensor.zeros([2, 3])).item().isNaN)
        let one = Tensor([true, false, false, false, false, false], shape: [2, 3])
        #expect(maskedVariance(values, over: one).item().isNaN)
    }

    @Test func gradientsSkipWhatDoesNotCount() throws {
        maskedMean(values, over: mask).backward()
        expectClose(try #require(values.gradient), [0.25, 0.25, 0.25, 0, 0.25, 0])
        values.clearGradient()
        maskedVariance(values, over: mask).backward()
        expectClose(try #require(values.gradient), [-4.0 / 3, -2.0 / 3, 0, 0, 2, 0])
    }

    @Test func whitening() {
        let scale = 1 / (14.0 / 3 + 1e-8).squareRoot()
        expectClose(whitened(values, over: mask), [-2 * scale, -scale, 0, 0, 3 * scale, 0])
        expectClose(
            whitened(values, over: mask, shiftingMean: false),
            [3 - 2 * scale, 3 - scale, 3, 0, 3 + 3 * scale, 0])
    }

    @Test func goldenWhitening() throws {
        let golden = try Fixtures.golden("ppo/reference_functions.json", as: Golden.self)
        let mask = golden.mask.tensor()
        #expect(golden.maskedWhiten.map(\.shiftMean) == [true, false])
        for expected in golden.maskedWhiten {
            let found = whitened(golden.oldValues.tensor(), over: mask, shiftingMean: expected.shiftMean)
            expectClose(found, expected.output.values, within: 1e-14)
        }
        for run in golden.endToEnd {
            let found = whitened(run.advantagesRaw.tensor(), over: mask)
            expectClose(found, run.advantagesWhitened.values, within: 1e-14)
        }
    }
}
