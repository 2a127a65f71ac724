import Torch

/// What makes new weights of the gradients that `backward` has left in fp32 leaves of the graph.
///
/// A training step is `loss.backward()` for every micro-batch, then `step`, then `clearGradients`: gradients add up between
/// the two, so accumulation needs nothing more.
public protocol Optimizer: AnyObject {
    /// Updates every parameter that has a gradient; one that has none stays as it is, its decay included.
    /// - Parameters:
    ///   - learningRate: of this step.
    ///   - share: what the schedule makes of the peak in this step, for parameters whose peak is another.
    ///   - maximumGradientNorm: gradients with a larger global norm are scaled down to it; nil or 0 for no limit.
    /// - Returns: the global L2 norm of the gradients before clipping.
    /// - Throws: `NonFiniteGradientError`, before anything is changed.
    func step(learningRate: Double, share: Double, maximumGradientNorm: Double?) throws -> Double
    func clearGradients()
    /// The state as it is now; its tensors are the optimizer's own, which the next step changes.
    var state: OptimizerState { get }
    /// Goes on from a saved state.
    /// - Throws: `OptimizerStateError` when names or shapes differ from this optimizer's, before anything is changed.
    func restore(_ state: OptimizerState) throws
}

/// What a checkpoint keeps of an optimizer: steps taken, and moments by name, such as `PARAMETER.first_moment`.
public struct OptimizerState {
    public var stepCount: Int
    public var moments: [String: Tensor]

    public init(stepCount: Int, moments: [String: Tensor]) {
        self.stepCount = stepCount
        self.moments = moments
    }

    init(stepCount: Int, _ moments: [NamedMoment]) {
        self.init(
            stepCount: stepCount,
            moments: Dictionary(moments.map { ($0.name, $0.tensor) }) { first, _ in first })
    }

    /// Overwrites an optimizer's moments with these.
    /// - Throws: `OptimizerStateError`, before anything is changed.
    func write(to own: [NamedMoment]) throws {
        let missing = own.map(\.name).filter { moments[$0] == nil }
        guard missing.isEmpty else { throw OptimizerStateError.missing(missing) }
        let unknown = Set(moments.keys).subtracting(own.map(\.name))
        guard unknown.isEmpty else { throw OptimizerStateError.unknown(unknown.sorted()) }
        let pairs = own.compactMap { name, tensor in moments[name].map { (name, tensor, $0) } }
        for (name, target, source) in pairs where source.shape != target.shape {
            throw OptimizerStateError.shape(name: name, expected: target.shape, found: source.shape)
        }
        for (_, target, source) in pairs { target.assign(source) }
    }
}

/// A tensor that an optimizer keeps beside a parameter.
typealias NamedMoment = (name: String, tensor: Tensor)

/// A parameter's gradient.
typealias NamedGradient = (name: String, gradient: Tensor)

extension [NamedGradient] {
    /// The L2 norm of all of them together.
    /// - Throws: `NonFiniteGradientError` naming those that are no numbers.
    func globalNorm() throws -> Double {
        let norm = Tensor.globalNorm(map(\.gradient))
        guard norm.isFinite else {
            let broken = filter { !Tensor.globalNorm([$0.gradient]).isFinite }
            throw NonFiniteGradientError(norm: norm, parameters: broken.map(\.name))
        }
        return norm
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
