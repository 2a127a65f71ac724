import CTorch

/// What a step of AdamW needs to know besides the tensors.
public struct AdamWStep: Sendable {
    public var learningRate: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    public var weightDecay: Double
    /// Multiplied into the gradient before anything else: how clipping is applied without another pass.
    public var gradientScale: Double
    /// Counts from 1.
    public var number: Int

    public init(
        number: Int, learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
        gradientScale: Double
    ) {
        self.number = number
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.gradientScale = gradientScale
    }
}

extension Tensor {
    /// Takes one step of AdamW in place on this parameter, its moments and its working copy, in a single pass on the CPU.
    public func applyAdamW(_ step: AdamWStep, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor) {
        let settings = ctorch_adamw(
            learning_rate: step.learningRate, beta1: step.beta1, beta2: step.beta2, epsilon: step.epsilon,
            weight_decay: step.weightDecay, gradient_scale: step.gradientScale, step: Int64(step.number))
        perform(self, gradient, firstMoment, secondMoment, workingCopy?.tensor) {
            ctorch_adamw_step($0[0], $0[1], $0[2], $0[3], $0[4], settings)
        }
        workingCopy?.version = version
    }

    /// The L2 norm of all elements of all `tensors` together, accumulated in fp64.
    public static func globalNorm(_ tensors: [Tensor]) -> Double {
        withExtendedLifetime(tensors) {
            let handles: [OpaquePointer?] = tensors.map(\.handle)
            var norm = Double.nan
            check(ctorch_global_norm(handles, handles.count, &norm))
            return norm
        }
    }
}
