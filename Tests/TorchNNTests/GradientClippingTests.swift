import Testing
import Torch
import TorchNN

@Suite struct GradientClippingTests {
    @Test func factors() {
        #expect(clippingFactor(norm: 4, maximum: nil) == 1)
        #expect(clippingFactor(norm: 4, maximum: 0) == 1)
        #expect(clippingFactor(norm: 4, maximum: 5) == 1)
        #expect(clippingFactor(norm: 4, maximum: 2) == 2 / (4 + 1e-6))
        #expect(clippingFactor(norm: 1, maximum: 1) < 1)
    }

    @Test func globalNorms() {
        #expect(Tensor.globalNorm([]) == 0)
        #expect(Tensor.globalNorm([Tensor([3] as [Float]), Tensor([[4.0], [0]].flatMap { $0 })]) == 5)
        #expect(Tensor.globalNorm([Tensor([3, 4] as [Float]).to(.bfloat16)]) == 5)
        #expect(
            Tensor.globalNorm([Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]).transposed(0, 1)])
                == 30.squareRoot())
        #expect(Tensor.globalNorm([Tensor([1, .nan] as [Float])]).isNaN)
        #expect(Tensor.globalNorm([Tensor([1, -.infinity] as [Float])]) == .infinity)
    }

    /// Where a running fp32 sum would have stopped growing long before.
    @Test(arguments: [31, 4097, 3_000_001])
    func largeTensorsLoseNothing(count: Int) {
        let norm = Tensor.globalNorm([Tensor.full([count], 0.1)])
        let exact = Double(Float(0.1)) * Double(count).squareRoot()
        #expect(abs(norm - exact) < 1e-6 * exact)
    }
}
