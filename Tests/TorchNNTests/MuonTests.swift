import Testing
import Torch
import TorchTestSupport

@testable import TorchNN

@Suite struct MuonTests {
    private struct Golden: Decodable {
        struct Matrix: Decodable {
            let shape: [Int]
            let values: [Double]
        }
        struct Case: Decodable {
            let adjustLrFn: Muon.Adjustment?
            let nsSteps: Int
            let nsCoefficients: [Double]
            let eps, lr, weightDecay, momentum: Double
            let nesterov: Bool
            let steps, stepsNewtonSchulzInFloat64: [[String: [Double]]]
            let finalMomentumBuffer: [String: [Double]]
        }
        struct Iteration: Decodable {
            let name: String
            let shape: [Int]
            let input, outputBfloat16, outputFloat64: [Double]
        }
        let initial: [String: Matrix]
        let grads: [[String: [Double]]]
        let cases: [Case]
        let newtonSchulz: [Iteration]
    }

    private let golden: Golden
    private static let names = ["wide", "tall", "square"]

    init() throws { golden = try Fixtures.golden("pretrain/muon.json") }

    /// Against torch's optimizer, which rounds to bf16, and against iterations that do not.
    @Test(arguments: 0..<7, [true, false]) func goldenSteps(index: Int, rounds: Bool) throws {
        let expected = golden.cases[index]
        var configuration = Muon.Configuration()
        configuration.learningRate = expected.lr
        configuration.weightDecay = expected.weightDecay
        configuration.momentum = expected.momentum
        configuration.usesNesterov = expected.nesterov
        configuration.coefficients = expected.nsCoefficients
        configuration.iterations = expected.nsSteps
        configuration.epsilon = expected.eps
        configuration.adjustment = expected.adjustLrFn ?? .original
        configuration.roundsToBFloat16 = rounds
        let parameters = try Self.names.map { name in
            let matrix = try #require(golden.initial[name])
            return (name: name, tensor: Tensor(matrix.values, shape: matrix.shape).to(.float32).leaf())
        }
        let optimizer = MuonWithAdamW(Muon(parameters, configuration: configuration), AdamW([]))
        let steps = rounds ? expected.steps : expected.stepsNewtonSchulzInFloat64
        for (gradients, step) in zip(golden.grads, steps) {
            let losses = try parameters.map { name, tensor in
                (tensor * Tensor(try #require(gradients[name]), shape: tensor.shape).to(.float32)).sum()
            }
            (losses[0] + losses[1] + losses[2]).backward()
            _ = try optimizer.step(learningRate: 0, share: 1, maximumGradientNorm: nil)
            optimizer.clearGradients()
            for (name, tensor) in parameters {
                expectClose(tensor, try #require(step[name]), within: rounds ? 1e-6 : 1e-5)
            }
        }
        for name in Self.names {
            let momentum = try #require(optimizer.state.moments["\(name).momentum"])
            expectClose(momentum, try #require(expected.finalMomentumBuffer[name]), within: 1e-6)
        }
    }

    /// Also of rank one, of norm 0, and smaller than what it is divided by.
    @Test func singleMatrices() {
        #expect(golden.newtonSchulz.count == 8)
        for matrix in golden.newtonSchulz {
            let input = Tensor(matrix.input, shape: matrix.shape).to(.float32)
            var configuration = Muon.Configuration()
            expectClose(configuration.orthogonalized(input), matrix.outputBfloat16, within: 1e-6)
            configuration.roundsToBFloat16 = false
            expectClose(configuration.orthogonalized(input), matrix.outputFloat64, within: 1e-5)
        }
    }

    /// One norm over both kinds of parameters, and one factor that brings it down.
    @Test func clippingIsOverAll() throws {
        let matrix = Tensor([3, 0, 0, 0] as [Float], shape: [2, 2]).leaf()
        let vector = Tensor([4] as [Float]).leaf()
        let optimizer = MuonWithAdamW(Muon([("m", matrix)]), AdamW([("v", vector)]))
        ((matrix * matrix).sum() / 2 + (vector * vector).sum() / 2).backward()
        #expect(try optimizer.step(learningRate: 0, share: 0, maximumGradientNorm: 1) == 5)
        expectClose(
            optimizer.state.moments["m.momentum"], Tensor([0.03, 0, 0, 0] as [Float], shape: [2, 2]),
            within: 1e-7)
        expectClose(optimizer.state.moments["v.first_moment"], Tensor([0.08] as [Float]), within: 1e-7)
    }

    @Test func goesOnFromASavedState() throws {
        func trained(_ steps: Int, from state: (OptimizerState, [Float], [Float])?) throws -> (
            OptimizerState, [Float], [Float]
        ) {
            let matrix = Tensor(state?.1 ?? [1, 2, 3, 4, 5, 6], shape: [2, 3]).leaf()
            let vector = Tensor(state?.2 ?? [1, -1]).leaf()
            let optimizer = MuonWithAdamW(Muon([("m", matrix)]), AdamW([("v", vector)]))
            if let state { try optimizer.restore(state.0) }
            for _ in 0..<steps {
                ((matrix * matrix).sum() + (vector * vector).sum()).backward()
                _ = try optimizer.step(learningRate: 0.1, share: 1, maximumGradientNorm: nil)
                optimizer.clearGradients()
            }
            return (optimizer.state, matrix.floats(), vector.floats())
        }
        let whole = try trained(4, from: nil)
        let resumed = try trained(2, from: trained(2, from: nil))
        #expect(resumed.1 == whole.1 && resumed.2 == whole.2 && resumed.0.stepCount == 4)
        #expect(throws: OptimizerStateError.self) {
            try MuonWithAdamW(Muon([]), AdamW([])).restore(whole.0)
        }
    }
}
