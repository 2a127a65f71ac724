import Torch

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2).
public final class AdamW {
    public struct Configuration: Codable, Sendable, Equatable {
        public var beta1 = 0.9
        public var beta2 = 0.999
        public var epsilon = 1e-8
        /// Applied to matrices only: parameters of rank below 2, the biases and norm weights, do not decay.
        public var weightDecay = 0.0

        public init(
            beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0
        ) {
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
        }
    }

    private struct Entry {
        let name: String
        let parameter: Tensor
        let firstMoment: Tensor
        let secondMoment: Tensor

        var moments: [NamedMoment] {
            [("\(name).first_moment", firstMoment), ("\(name).second_moment", secondMoment)]
        }
    }

    public let configuration: Configuration
    /// Steps taken so far.
    public private(set) var stepCount = 0
    private let entries: [Entry]

    /// - Parameter parameters: each parameter once, tied weights too, in an order that does not change between runs.
    public init(
        _ parameters: [(name: String, tensor: Tensor)], configuration: Configuration = Configuration()
    ) {
        let names = Set(parameters.map(\.name))
        precondition(names.count == parameters.count, "two parameters have the same name")
        self.configuration = configuration
        entries = parameters.map { name, tensor in
            Entry(
                name: name, parameter: tensor,
                firstMoment: Tensor.zeros(tensor.shape, type: tensor.type, on: tensor.device),
                secondMoment: Tensor.zeros(tensor.shape, type: tensor.type, on: tensor.device))
        }
    }

    /// ``Optimizer/step(learningRate:share:maximumGradientNorm:)`` with one peak for all parameters.
    @discardableResult
    public func step(learningRate: Double, maximumGradientNorm: Double? = nil) throws -> Double {
        let norm = try gradients.globalNorm()
        update(
            learningRate: learningRate,
            gradientScale: clippingFactor(norm: norm, maximum: maximumGradientNorm))
        return norm
    }

    /// Of the parameters that have one.
    var gradients: [NamedGradient] {
        entries.compactMap { entry in entry.parameter.gradient.map { (entry.name, $0) } }
    }

    func update(learningRate: Double, gradientScale: Double) {
        stepCount += 1
        for entry in entries {
            guard let gradient = entry.parameter.gradient else { continue }
            let step = AdamWStep(
                number: stepCount, learningRate: learningRate, beta1: configuration.beta1,
                beta2: configuration.beta2, epsilon: configuration.epsilon,
                weightDecay: entry.parameter.rank < 2 ? 0 : configuration.weightDecay,
                gradientScale: gradientScale)
            entry.parameter.applyAdamW(
                step, gradient: gradient, firstMoment: entry.firstMoment, secondMoment: entry.secondMoment)
        }
    }

    public func clearGradients() { entries.forEach { $0.parameter.clearGradient() } }
}

// MARK: - State

extension AdamW: Optimizer {
    public func step(learningRate: Double, share: Double, maximumGradientNorm: Double?) throws -> Double {
        try step(learningRate: learningRate, maximumGradientNorm: maximumGradientNorm)
    }

    /// The moments are `PARAMETER.first_moment` and `PARAMETER.second_moment`.
    public var state: OptimizerState { OptimizerState(stepCount: stepCount, moments) }

    public func restore(_ state: OptimizerState) throws {
        try state.write(to: moments)
        stepCount = state.stepCount
    }

    var moments: [NamedMoment] { entries.flatMap(\.moments) }

    /// Goes on from moments that are in place already.
    func resume(after stepCount: Int) { self.stepCount = stepCount }
}
