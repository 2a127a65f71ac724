import CTorch

/// A trained weight's values in the type that products are computed in.
///
/// Under bf16 activations an fp32 weight would be rounded again in every forward pass. Its copy is rounded once, and the
/// optimizer's step writes it together with the weight.
struct WorkingCopy {
    let tensor: Tensor
    /// Of the weight whose values these are: anyone who changes the weight in place makes the copy stale.
    var version: Int
}

extension Tensor {
    /// This weight for computations in `type`, differentiable: itself where it has the type, a converted copy otherwise,
    /// which is kept where the weight is trained. A frozen weight in bf16 on the CPU is itself in fp32, too: `linear`,
    /// `tokenLogProbabilities` and `headLogits` widen it as they read it.
    public func working(in type: ScalarType) -> Tensor {
        guard self.type != type else { return self }
        guard requiresGradient else { return isWidenedWhenRead(in: type) ? self : to(type) }
        let copy = currentCopy(in: type)
        return produce(self, copy) { ctorch_stand_in($0[0], $0[1], $1) }
    }

    /// Whether the gradient of this leaf keeps the type that backward computed it in, at half the memory in bf16, rather
    /// than this leaf's. Gradients that are added up over several backward passes need the leaf's precision.
    public func keepGradientType(_ keeps: Bool) {
        perform(self) { ctorch_set_keeps_gradient_type($0[0], keeps) }
    }

    /// Changes whenever libtorch changes the elements in place.
    var version: Int {
        var version: Int64 = 0
        perform(self) { ctorch_version($0[0], &version) }
        return Int(version)
    }

    private func isWidenedWhenRead(in type: ScalarType) -> Bool {
        self.type == .bfloat16 && type == .float32 && device.isCPU && rank > 1
    }

    private func currentCopy(in type: ScalarType) -> Tensor {
        let version = version
        if let workingCopy, workingCopy.tensor.type == type {
            if workingCopy.version != version {
                withoutGradients { workingCopy.tensor.assign(self) }
                self.workingCopy?.version = version
            }
            return workingCopy.tensor
        }
        let copy = withoutGradients { to(type) }
        workingCopy = WorkingCopy(tensor: copy, version: version)
        return copy
    }
}
