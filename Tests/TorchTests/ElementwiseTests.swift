import Foundation
import Testing
import Torch
import TorchTestSupport

@Suite struct ElementwiseTests {
    private let x = Tensor([-1.5, 0, 0.5, 2] as [Double])
    private let positive = Tensor([0.25, 1, 4] as [Double])

    /// The operation on `values` against Foundation, and its gradient against a central difference.
    private func expectMatches(
        _ values: [Double], _ operation: (Tensor) -> Tensor, _ reference: (Double) -> Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let x = Tensor(values).leaf()
        let y = operation(x)
        expectClose(y, values.map(reference), within: 1e-12, sourceLocation: sourceLocation)
        y.sum().backward()
        let h = 1e-5
        let slopes = values.map { (reference($0 + h) - reference($0 - h)) / (2 * h) }
        expectClose(
            x.gradient?.doubles() ?? [], slopes, within: 1e-7, sourceLocation: sourceLocation)
    }

    @Test func unaryOperations() {
        let any = [-1.5, -0.2, 0.5, 2]
        let positive = [0.25, 1, 4]
        expectMatches(any, { -$0 }, { -$0 })
        expectMatches(any, { $0.exp() }, { exp($0) })
        expectMatches(positive, { $0.log() }, { log($0) })
        expectMatches(positive, { $0.log1p() }, { log1p($0) })
        expectMatches(any, { $0.expm1() }, { expm1($0) })
        expectMatches(positive, { $0.squareRoot() }, { $0.squareRoot() })
        expectMatches(positive, { $0.reciprocalSquareRoot() }, { 1 / $0.squareRoot() })
        expectMatches(any, { $0.squared() }, { $0 * $0 })
        expectMatches(any, { $0.magnitude() }, { abs($0) })
        expectMatches(any, { $0.sigmoid() }, { 1 / (1 + exp(-$0)) })
        expectMatches(any, { $0.logSigmoid() }, { -log1p(exp(-$0)) })
        expectMatches(any, { $0.tanh() }, { tanh($0) })
        expectMatches(any, { $0.silu() }, { $0 / (1 + exp(-$0)) })
        expectMatches(
            any, { $0.geluTanh() },
            { $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) })
        expectMatches(any, { $0.softplus() }, { log1p(exp($0)) })
        expectMatches(any, { $0.cosine() }, { cos($0) })
        expectMatches(any, { $0.sine() }, { sin($0) })
        expectMatches(positive, { $0.power(1.5) }, { pow($0, 1.5) })
    }

    @Test func stableAtTheEnds() {
        expectClose(Tensor([-200, 200] as [Float]).logSigmoid(), [-200, 0])
        expectClose(Tensor([-200, 200] as [Float]).softplus(), [0, 200])
        expectClose(Tensor([1e-9] as [Double]).log1p(), [1e-9], within: 1e-18)
        expectClose(Tensor([1e-9] as [Double]).expm1(), [1e-9], within: 1e-17)
    }

    @Test func predicates() {
        #expect(Tensor([1, .infinity, .nan] as [Float]).isFinite().booleans() == [true, false, false])
        #expect((!Tensor([true, false])).booleans() == [false, true])
        #expect((Tensor([true, true]) .& Tensor([true, false])).booleans() == [true, false])
        #expect((Tensor([false, false]) .| Tensor([true, false])).booleans() == [true, false])
    }

    @Test func binaryOperations() {
        let (a, b) = (Tensor([1, 2, 3] as [Double]), Tensor([4, 2, -1] as [Double]))
        expectClose(a + b, [5, 4, 2])
        expectClose(a - b, [-3, 0, 4])
        expectClose(a * b, [4, 4, -3])
        expectClose(a / b, [0.25, 1, -3])
        expectClose(Tensor.minimum(a, b), [1, 2, -1])
        expectClose(Tensor.maximum(a, b), [4, 2, 3])
        #expect((a .== b).booleans() == [false, true, false])
        #expect((a .!= b).booleans() == [true, false, true])
        #expect((a .< b).booleans() == [true, false, false])
        #expect((a .<= b).booleans() == [true, true, false])
        #expect((a .> b).booleans() == [false, false, true])
        #expect((a .>= b).booleans() == [false, true, true])
    }

    @Test func operationsWithNumbers() {
        let a = Tensor([1, 2, 3] as [Double])
        expectClose(a + 0.5, [1.5, 2.5, 3.5])
        expectClose(0.5 + a, [1.5, 2.5, 3.5])
        expectClose(a - 1, [0, 1, 2])
        expectClose(1 - a, [0, -1, -2])
        expectClose(a * 2, [2, 4, 6])
        expectClose(2 * a, [2, 4, 6])
        expectClose(a / 2, [0.5, 1, 1.5])
        expectClose(Tensor.minimum(a, 2), [1, 2, 2])
        expectClose(Tensor.maximum(a, 2), [2, 2, 3])
        #expect((a .== 2).booleans() == [false, true, false])
        #expect((a .!= 2).booleans() == [true, false, true])
        #expect((a .< 2).booleans() == [true, false, false])
        #expect((a .<= 2).booleans() == [true, true, false])
        #expect((a .> 2).booleans() == [false, false, true])
        #expect((a .>= 2).booleans() == [false, true, true])
    }

    @Test func integersStayIntegersWithWholeNumbers() {
        let big = 1 << 40  // beyond what fp32 can tell apart
        let ids = Tensor([big, big + 1])
        #expect((ids + 1).integers() == [big + 1, big + 2] && (ids + 1).type == .int64)
        #expect((1 - ids).integers() == [1 - big, -big])
        #expect((ids .== Double(big)).booleans() == [true, false])
        #expect(ids.clamped(to: 0...Double(big)).integers() == [big, big])
        #expect(Tensor.minimum(ids, Double(big)).type == .int64)
        #expect((ids * 0.5).type == .float32)
        #expect((Tensor([3]) / 2).doubles() == [1.5])
        #expect(Tensor([3]).power(2).integers() == [9])
    }

    @Test func choosing() {
        expectClose(x.clamped(to: -1...1), [-1, 0, 0.5, 1])
        let mask = Tensor([true, false, false, true])
        expectClose(x.filled(where: mask, with: 9), [9, 0, 0.5, 9])
        expectClose(Tensor.select(mask, x, else: -x), [-1.5, 0, -0.5, 2])
    }

    @Test func broadcasting() {
        let column = Tensor([1, 2] as [Float], shape: [2, 1])
        let row = Tensor([10, 20, 30] as [Float])
        let sum = column + row
        #expect(sum.shape == [2, 3])
        expectClose(sum, [11, 21, 31, 12, 22, 32])
    }
}
