import Testing
import Torch
import TorchTestSupport

@Suite struct WorkingCopyTests {
    private let step = AdamWStep(
        number: 1, learningRate: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1,
        gradientScale: 0.5)

    @Test func gradientsReachTheWeight() throws {
        let weight = Tensor.normal(4, 8, seed: 1).leaf()
        let x = Tensor.normal(3, 8, seed: 2).to(.bfloat16)
        for (keeps, type) in [(false, ScalarType.float32), (true, .bfloat16)] {
            weight.keepGradientType(keeps)
            x.linear(weight: weight.working(in: .bfloat16)).to(.float32).sum().backward()
            #expect(weight.gradient?.type == type)
            let sums = x.to(.float32).sum(along: 0).unsqueezed(0).expanded(to: [4, 8])
            expectClose(weight.gradient?.to(.float32), sums, within: 0.02)
            weight.clearGradient()
        }
    }

    /// With sums in fp32 small gradients are not lost beside large ones.
    @Test func gradientsAddUpInTheWeightsPrecision() throws {
        let weight = Tensor.ones([1]).leaf()
        weight.keepGradientType(false)
        for scale in [256.0, 0.5, 0.5] {
            (weight.working(in: .bfloat16).to(.float32) * scale).sum().backward()
        }
        expectClose(try #require(weight.gradient), [257])
    }

    @Test func theCopyFollowsTheWeight() {
        let weight = Tensor.normal(3, 1000, seed: 3).leaf()
        let rounded = { weight.detached().to(.bfloat16) }
        let copy = weight.working(in: .bfloat16)
        expectClose(copy, rounded())
        let moments = (Tensor.zeros([3, 1000]), Tensor.zeros([3, 1000]))
        weight.applyAdamW(
            step, gradient: Tensor.normal(3, 1000, seed: 4), firstMoment: moments.0, secondMoment: moments.1)
        expectClose(copy, rounded())  // the same memory
        expectClose(weight.working(in: .bfloat16), rounded())
        withoutGradients { weight.assign(Tensor.normal(3, 1000, seed: 5)) }
        expectClose(weight.working(in: .bfloat16), rounded())
    }

    @Test func theSameTypeIsTheWeightItself() {
        let weight = Tensor.normal(2, 2, seed: 6).leaf()
        #expect(weight.working(in: .float32) === weight)
        let frozen = Tensor.normal(2, 2, seed: 6)
        #expect(frozen.working(in: .bfloat16).type == .bfloat16)
        let rounded = frozen.to(.bfloat16)
        #expect(rounded.working(in: .float32) === rounded)  // widened by what reads it
        #expect(Tensor.ones([2], type: .bfloat16).working(in: .float32).type == .float32)
    }

    /// A gradient in bf16 is widened, nothing else: the step is that of its values in fp32, on every road.
    @Test func stepsWithHalfPrecisionGradients() {
        let start = Tensor.normal(70, 1000, seed: 7)
        let gradient = Tensor.normal(70, 1000, seed: 8).to(.bfloat16)
        let stepped = { (weight: Tensor, gradient: Tensor) -> Tensor in
            let moments = (
                Tensor.zeros(weight.shape, type: weight.type), Tensor.zeros(weight.shape, type: weight.type)
            )
            weight.applyAdamW(step, gradient: gradient, firstMoment: moments.0, secondMoment: moments.1)
            return weight
        }
        let half = stepped(start.copied(), gradient)
        expectClose(half, stepped(start.copied(), gradient.to(.float32)), within: 0)
        expectClose(half.to(.float64), stepped(start.to(.float64), gradient), within: 1e-6)
        let norm = gradient.to(.float64).squared().sum().item().squareRoot()
        #expect(abs(Tensor.globalNorm([gradient]) - norm) < 1e-6 * norm)
    }
}
