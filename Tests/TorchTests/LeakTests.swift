import Testing
import Torch
import TorchTestSupport

/// Nothing outlives its last use. The count is of the whole process, so the numbers mean something only while no other
/// suite runs: the package's tests run with `--no-parallel`.
@Suite(.serialized) struct LeakTests {
    /// The number of tensors alive grows by nothing over `body`.
    private func expectNoLeak(sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void)
        rethrows
    {
        let before = Tensor.liveCount
        try body()
        #expect(Tensor.liveCount == before, sourceLocation: sourceLocation)
    }

    @Test func theCounterCounts() {
        let before = Tensor.liveCount
        let tensors = (0..<5).map { Tensor.zeros([$0]) }
        withExtendedLifetime(tensors) { #expect(Tensor.liveCount == before + 5) }
    }

    @Test func operations() {
        expectNoLeak {
            let x = Tensor.normal(4, 6, seed: 1).leaf()
            _ = (x + x * 2).exp().clamped(to: 0...1)
            _ = x.sorted().values.top(2).indices
            _ = Tensor.concatenated([x, x], along: 1).reshaped([-1]).cumulativeSum()
            _ = Tensor.stacked([x, x]).transposed(0, 1)[0..<2]
            _ = x.rmsNormalized(weight: Tensor.ones([6]), epsilon: 1e-5).softmax()
            _ = x.dropout(0.5, using: Generator(seed: 1))
            _ = "\(x)" + x.floats().description
        }
    }

    @Test func layers() {
        expectNoLeak {
            let heads = Tensor.normal(6, 2, 8, seed: 1).leaf()
            let angles = Tensor.normal(6, 4, seed: 2)
            let turned = heads.rotated(cosine: angles.cosine(), sine: angles.sine())
            let mixed = Tensor.segmentAttention(query: turned, key: turned, value: heads, lengths: [2, 4])
            let states = mixed.reshaped([6, 16])
            let scored = states.tokenLogProbabilities(
                weight: Tensor.normal(11, 16, seed: 3), targets: Tensor.range(0..<6))
            (scored.logProbabilities.sum() + scored.entropies.sum()).backward()
            let gate = states.leaf()
            Tensor.swiGLU(gate: gate.swiGLU(), up: gate.narrowed(1, 0..<8)).sum().backward()
            Tensor.gatedLinear(gate: gate, up: gate, weight: Tensor.ones([3, 16]).leaf())
                .recomputing { $0.exp() }.sum().backward()
            _ = states.headLogits(weight: Tensor.ones([11, 16]))
            _ = Tensor.ones([2, 11]).drawingTokens(
                Tensor.Drawing(repetitionPenalty: 1, temperature: 1, topK: 0, topP: 1, minP: 0),
                uniforms: [0, 0.5],
                previous: [])
        }
    }

    @Test func failures() {
        expectNoLeak {
            _ = try? catchingErrors { (Tensor.ones([2]) + Tensor.ones([3])).sorted().values * 2 }
            _ = try? catchingErrors {
                Tensor.ones([2, 2]).tokenLogProbabilities(weight: Tensor.ones([3, 3]), targets: Tensor([0]))
            }
        }
    }

    @Test func trainingDoesNotGrow() {
        let weight = Tensor.normal(8, 8, seed: 1, scale: 0.3).leaf()
        let (inputs, targets) = (Tensor.normal(5, 8, seed: 2), Tensor([1, 2, 3, 4, 5]))
        var counts: [Int] = []
        for _ in 1...30 {
            let scored = inputs.linear(weight: weight).silu().tokenLogProbabilities(
                weight: weight, targets: targets)
            (-scored.logProbabilities.mean()).backward()
            withoutGradients {
                if let gradient = weight.gradient { weight.add(inPlace: gradient, scale: -0.1) }
                weight.clearGradient()
            }
            counts.append(Tensor.liveCount)
        }
        #expect(counts[2] == counts[29])
    }
}
