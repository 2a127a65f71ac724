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

extension Tensor {
    /// `stretch(self)`, of which only this input is kept: backward runs the stretch again to have what it needs, and adds
    /// gradients to whatever the stretch reads (activation checkpointing; Chen et al., 2016).
    ///
    /// It must compute the same both times. Only an input that requires a gradient gives a result that does.
    public func recomputing(_ stretch: @escaping (Tensor) -> Tensor) -> Tensor {
        let context = Unmanaged.passRetained(Stretch(stretch)).toOpaque()
        return produce(self) { handles, out in
            ctorch_recompute(
                handles[0],
                { context, input in
                    guard let context, let input else { fatalError("libtorch gave no input back") }
                    return Unmanaged<Stretch>.fromOpaque(context).takeUnretainedValue().run(input)
                },
                { context in context.map { Unmanaged<Stretch>.fromOpaque($0).release() } }, context, out)
        }
    }
}

/// What backward runs again.
private final class Stretch {
    private let body: (Tensor) -> Tensor

    init(_ body: @escaping (Tensor) -> Tensor) { self.body = body }

    /// Takes the input over and gives the output away.
    func run(_ input: OpaquePointer) -> OpaquePointer? {
        let output = body(Tensor(owning: input))
        return withExtendedLifetime(output) { ctorch_tensor_retain(output.handle) }
    }
}

/// Whether operations are recorded for `backward` on this thread.
public var recordsGradients: Bool {
    let records = ctorch_set_gradients_enabled(true)
    _ = ctorch_set_gradients_enabled(records)
    return records
}

/// Runs `body` without recording operations. The switch belongs to the thread, hence the synchronous closure.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
    let before = ctorch_set_gradients_enabled(false)
    defer { _ = ctorch_set_gradients_enabled(before) }
    return try body()
}
