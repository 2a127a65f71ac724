/// What gradients of global L2 norm `norm` are multiplied by: `maximum / (norm + 1e-6)`, never more than 1.
/// - Parameter maximum: nil or 0 for no limit.
public func clippingFactor(norm: Double, maximum: Double?) -> Double {
    guard let maximum, maximum > 0 else { return 1 }
    return min(1, maximum / (norm + 1e-6))
}

/// The gradients of a step are no longer numbers; nothing was updated.
public struct NonFiniteGradientError: Error, Equatable, CustomStringConvertible {
    /// Infinite or NaN.
    public let norm: Double
    /// The parameters whose gradients are not finite; empty when only their sum overflows.
    public let parameters: [String]

    public var description: String {
        let place = parameters.isEmpty ? "" : ", first in \(parameters[0]) (\(parameters.count) in all)"
        return
            "the gradient norm is \(norm)\(place): lower the learning rate or look at the rows of this step"
    }
}
