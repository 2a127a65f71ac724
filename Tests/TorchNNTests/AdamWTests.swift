import Testing
import Torch
import TorchNN
import TorchTestSupport

@Suite struct AdamWTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            let lr, eps, weightDecay: Double
            let betas: [Double]
            let maxGradNorm: Double?
            let lrOverrides: [Double]?
            let initial: [Numbers]?
            let grads: [[Numbers]]?
            let steps: [Step]
            let finalExpAvg: [[Double]]
            let finalExpAvgSq: [[Double]]
        }
        struct Step: Decodable {
            let gradNormBeforeClip: Double
            let params: [[Double]]
        }
        let cases: [Case]
    }

    /// A scalar whose gradient with respect to each tensor is the given one.
    private func setGradients(_ parameters: [Tensor], _ gradients: [Tensor]) {
        let loss = zip(parameters, gradients).map { ($0 * $1).sum() }
        loss.dropFirst().reduce(loss[0], +).backward()
    }

    /// Vectors enter as one column: the golden runs decay everything, this optimizer matrices only.
    private func column(_ numbers: Numbers) -> Tensor {
        let x = numbers.tensor(.float32)
        return x.rank < 2 ? x.unsqueezed(1) : x
    }

    @Test(arguments: 0..<4)
    func goldenTrajectory(index: Int) throws {
        let cases = try Fixtures.golden("optim/adamw.json", as: Golden.self).cases
        let initial = try #require(cases[0].initial), gradients = try #require(cases[0].grads)
        let golden = cases[index]
        let parameters = initial.map { column($0).leaf() }
        let optimizer = AdamW(
            parameters.enumerated().map { ("p\($0.offset)", $0.element) },
            configuration: .init(
                beta1: golden.betas[0], beta2: golden.betas[1], epsilon: golden.eps,
                weightDecay: golden.weightDecay))
        for (number, step) in golden.steps.enumerated() {
            setGradients(parameters, gradients[number].map(column))
            let norm = try optimizer.step(
                learningRate: golden.lrOverrides?[number] ?? golden.lr,
                maximumGradientNorm: golden.maxGradNorm)
            optimizer.clearGradients()
            expectClose([norm], [step.gradNormBeforeClip], within: 2e-7)
            for (parameter, expected) in zip(parameters, step.params) {
                expectClose(parameter, expected, within: 3e-7)
            }
        }
        let moments = optimizer.state.moments
        for i in 0..<3 {
            expectClose(try #require(moments["p\(i).first_moment"]), golden.finalExpAvg[i], within: 2e-7)
            expectClose(
                try #require(moments["p\(i).second_moment"]), golden.finalExpAvgSq[i], within: 2e-7)
        }
    }

    /// One pass of the kernel against the same step by tensor operations, which other types and layouts take.
    @Test(arguments: [1, 17, 70_001])
    func kernelAgainstTensorOperations(count: Int) {
        let generator = Generator(seed: 2)
        let start = (0..<4).map { _ in generator.normal([count, 2]) }
        let step = AdamWStep(
            number: 3, learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1,
            gradientScale: 0.5)
        func run(_ prepare: (Tensor) -> Tensor) -> [[Double]] {
            let tensors = start.enumerated().map {
                prepare($0.offset == 3 ? $0.element.magnitude() : $0.element)
            }
            tensors[0].applyAdamW(
                step, gradient: tensors[1], firstMoment: tensors[2], secondMoment: tensors[3])
            return tensors.map { $0.doubles() }
        }
        let fused = run { $0.copied() }
        let strided = run { $0.copied().transposed(0, 1).contiguous().transposed(0, 1) }
        let wide = run { $0.to(.float64) }
        for i in 0..<4 {
            expectClose(fused[i], wide[i], within: 1e-6)
            expectClose(strided[i], wide[i], within: 1e-6)
        }
        #expect(fused[1] == wide[1], "the gradient itself is left alone")
    }

    @Test func biasesAndNormsDoNotDecay() throws {
        let (matrix, vector) = (Tensor.ones([2, 2]).leaf(), Tensor.ones([2]).leaf())
        let optimizer = AdamW([("w", matrix), ("b", vector)], configuration: .init(weightDecay: 0.5))
        (matrix.sum() * 0 + vector.sum() * 0).backward()
        try optimizer.step(learningRate: 0.1)
        expectClose(matrix, [0.95, 0.95, 0.95, 0.95])
        expectClose(vector, [1, 1])
    }

    @Test func parametersWithoutAGradientStay() throws {
        let (used, unused) = (Tensor.ones([1, 1]).leaf(), Tensor.ones([1, 1]).leaf())
        let optimizer = AdamW([("used", used), ("unused", unused)], configuration: .init(weightDecay: 0.5))
        used.sum().backward()
        try optimizer.step(learningRate: 0.1)
        #expect(used.item() < 1 && unused.item() == 1)
    }

    @Test func accumulatedGradientsEqualOneBatch() throws {
        let inputs = Generator(seed: 5).normal([8, 3])
        func train(_ parts: [Range<Int>]) throws -> (norm: Double, weights: [Double]) {
            let weight = Tensor.ones([2, 3]).leaf()
            let optimizer = AdamW([("w", weight)])
            for part in parts { (inputs[part].linear(weight: weight).squared().sum() / 8).backward() }
            return (try optimizer.step(learningRate: 0.1), weight.doubles())
        }
        let (whole, split) = (try train([0..<8]), try train([0..<3, 3..<4, 4..<8]))
        expectClose([split.norm], [whole.norm])
        expectClose(split.weights, whole.weights)
    }

    @Test func nonFiniteGradientsStopBeforeAnythingChanges() throws {
        let (good, bad) = (Tensor.ones([1]).leaf(), Tensor([0.0]).to(.float32).leaf())
        let optimizer = AdamW([("good", good), ("bad", bad)])
        (good.sum() + bad.log().sum()).backward()
        let error = #expect(throws: NonFiniteGradientError.self) { try optimizer.step(learningRate: 0.1) }
        #expect(error?.parameters == ["bad"] && error?.norm == .infinity)
        #expect(error?.description.contains("bad") == true)
        #expect(good.item() == 1 && bad.item() == 0 && optimizer.stepCount == 0)
    }

    @Test func resumingIsExact() throws {
        let generator = Generator(seed: 8)
        let gradients = (0..<6).map { _ in generator.normal([3, 4]) }
        func optimizer(_ weight: Tensor) -> AdamW {
            AdamW([("w", weight)], configuration: .init(weightDecay: 0.1))
        }
        func advance(_ optimizer: AdamW, _ weight: Tensor, _ range: Range<Int>) throws {
            for gradient in gradients[range] {
                setGradients([weight], [gradient])
                try optimizer.step(learningRate: 0.01)
                optimizer.clearGradients()
            }
        }
        let weight = Tensor.ones([3, 4]).leaf()
        let whole = optimizer(weight)
        try advance(whole, weight, 0..<3)
        let saved = OptimizerState(
            stepCount: whole.state.stepCount, moments: whole.state.moments.mapValues { $0.copied() })
        let resumedWeight = weight.leaf()
        let resumed = optimizer(resumedWeight)
        try resumed.restore(saved)
        try advance(whole, weight, 3..<6)
        try advance(resumed, resumedWeight, 3..<6)
        #expect(resumedWeight.floats() == weight.floats() && resumed.stepCount == 6)
    }

    @Test func statesOfOtherModelsAreRefused() {
        let optimizer = AdamW([("w", Tensor.ones([2, 2]).leaf())])
        let (good, wrong) = (Tensor.zeros([2, 2]), Tensor.zeros([3]))
        let missing = OptimizerState(stepCount: 1, moments: ["w.first_moment": good])
        #expect(throws: OptimizerStateError.missing(["w.second_moment"])) { try optimizer.restore(missing) }
        let shaped = OptimizerState(
            stepCount: 1, moments: ["w.first_moment": good, "w.second_moment": wrong])
        #expect(throws: OptimizerStateError.shape(name: "w.second_moment", expected: [2, 2], found: [3])) {
            try optimizer.restore(shaped)
        }
        let extra = OptimizerState(
            stepCount: 1, moments: ["w.first_moment": good, "w.second_moment": good, "v.first_moment": good])
        #expect(throws: OptimizerStateError.unknown(["v.first_moment"])) { try optimizer.restore(extra) }
        #expect(optimizer.stepCount == 0)
    }

    @Test func trainingDoesNotLeak() throws {
        let weight = Tensor.ones([4, 4]).leaf()
        let optimizer = AdamW([("w", weight)])
        var counts: [Int] = []
        for _ in 1...30 {
            weight.squared().sum().backward()
            try optimizer.step(learningRate: 0.01, maximumGradientNorm: 1)
            optimizer.clearGradients()
            counts.append(Tensor.liveCount)
        }
        #expect(counts[2] == counts[29])
    }
}
