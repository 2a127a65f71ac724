import CTorch

extension Tensor {
    /// Whether backward computes a gradient for this tensor.
    public var requiresGradient: Bool {
        get { withExtendedLifetime(self) { ctorch_requires_gradient(handle) } }
        set { perform(self) { ctorch_set_requires_gradient($0[0], newValue) } }
    }

    /// The gradient accumulated by `backward`, nil before the first one.
    public var gradient: Tensor? {
        let gradient = produce(self) { ctorch_gradient($0[0], $1) }
        return gradient.isDefined ? gradient : nil
    }

    public func clearGradient() { perform(self) { ctorch_clear_gradient($0[0]) } }

    /// Adds the gradient of this scalar to every tensor that requires one.
    public func backward() { perform(self) { ctorch_backward($0[0]) } }

    /// The same values, cut off from the graph.
    public func detached() -> Tensor { produce(self) { ctorch_detach($0[0], $1) } }
}

/// Runs `body` without recording operations. The switch belongs to the thread, hence the synchronous closure.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = ctorch_set_gradients_enabled(false)
    defer { _ = ctorch_set_gradients_enabled(before) }
    return try body()
}
