import Torch

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2) over fp32 leaves of the graph.
///
/// A training step is `loss.backward()` for every micro-batch, then `step`, then `clearGradients`: gradients add up between
/// the two, so accumulation needs nothing more.
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

        var moments: [(name: String, tensor: Tensor)] {
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

    /// Updates every parameter that has a gradient; one that has none stays as it is, its decay included.
    /// - Parameter maximumGradientNorm: gradients with a larger global norm are scaled down to it; nil or 0 for no limit.
    /// - Returns: the global L2 norm of the gradients before clipping.
    /// - Throws: `NonFiniteGradientError`, before anything is changed.
    @discardableResult
    public func step(learningRate: Double, maximumGradientNorm: Double? = nil) throws -> Double {
        let trained = entries.compactMap { entry in
            entry.parameter.gradient.map { (entry: entry, gradient: $0) }
        }
        let norm = Tensor.globalNorm(trained.map(\.gradient))
        guard norm.isFinite else {
            let broken = trained.filter { !Tensor.globalNorm([$0.gradient]).isFinite }
            throw NonFiniteGradientError(norm: norm, parameters: broken.map(\.entry.name))
        }
        stepCount += 1
        for (entry, gradient) in trained {
            let step = AdamWStep(
                number: stepCount, learningRate: learningRate, beta1: configuration.beta1,
                beta2: configuration.beta2, epsilon: configuration.epsilon,
                weightDecay: entry.parameter.rank < 2 ? 0 : configuration.weightDecay,
                gradientScale: clippingFactor(norm: norm, maximum: maximumGradientNorm))
            entry.parameter.applyAdamW(
                step, gradient: gradient, firstMoment: entry.firstMoment, secondMoment: entry.secondMoment)
        }
        return norm
    }

    public func clearGradients() { entries.forEach { $0.parameter.clearGradient() } }
}

// MARK: - State

extension AdamW {
    /// What a checkpoint keeps: the moments by name, `PARAMETER.first_moment` and `PARAMETER.second_moment`.
    public struct State {
        public var stepCount: Int
        public var moments: [String: Tensor]

        public init(stepCount: Int, moments: [String: Tensor]) {
            self.stepCount = stepCount
            self.moments = moments
        }
    }

    /// The state as it is now; its tensors are the optimizer's own, which the next step changes.
    public var state: State {
        let moments = entries.flatMap(\.moments)
        return State(
            stepCount: stepCount,
            moments: Dictionary(moments.map { ($0.name, $0.tensor) }) { first, _ in first })
    }

    /// Goes on from a saved state.
    /// - Throws: `OptimizerStateError` when names or shapes differ from this optimizer's, before anything is changed.
    public func restore(_ state: State) throws {
        let own = entries.flatMap(\.moments)
        let missing = own.map(\.name).filter { state.moments[$0] == nil }
        guard missing.isEmpty else { throw OptimizerStateError.missing(missing) }
        let unknown = Set(state.moments.keys).subtracting(own.map(\.name))
        guard unknown.isEmpty else { throw OptimizerStateError.unknown(unknown.sorted()) }
        let pairs = own.compactMap { name, tensor in state.moments[name].map { (name, tensor, $0) } }
        for (name, target, source) in pairs where source.shape != target.shape {
            throw OptimizerStateError.shape(name: name, expected: target.shape, found: source.shape)
        }
        for (_, target, source) in pairs { target.assign(source) }
        stepCount = state.stepCount
    }
}

/// Why a saved optimizer state does not belong to the parameters being trained.
public enum OptimizerStateError: Error, Equatable, CustomStringConvertible {
    case missing([String])
    case unknown([String])
    case shape(name: String, expected: [Int], found: [Int])

    public var description: String {
        let advice = "resume with the model and the adapter settings of the run that was saved"
        return switch self {
        case .missing(let names): "the optimizer state lacks \(names.joined(separator: ", ")): \(advice)"
        case .unknown(let names):
            "the optimizer state has \(names.joined(separator: ", ")), which nothing here trains: \(advice)"
        case .shape(let name, let expected, let found):
            "the optimizer state's \(name) has shape \(found), expected \(expected): \(advice)"
        }
    }
}
