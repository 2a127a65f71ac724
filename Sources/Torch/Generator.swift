import CTorch

/// A source of random tensors with a state that can be saved. Nothing random happens without one.
public final class Generator {
    let handle: OpaquePointer?
    public let device: Device

    public init(seed: UInt64, on device: Device = .cpu) {
        var out: OpaquePointer?
        check(ctorch_generator_create(seed, device.raw, &out))
        self.handle = out
        self.device = device
    }

    deinit { ctorch_generator_free(handle) }

    /// The whole state, to be put into a checkpoint and set again on resume.
    public var state: [UInt8] {
        get {
            let tensor = withExtendedLifetime(self) { produce { ctorch_generator_state(handle, $1) } }
            var bytes = [UInt8](repeating: 0, count: tensor.count)
            bytes.withUnsafeMutableBytes { tensor.copy(to: $0) }
            return bytes
        }
        set {
            let tensor = newValue.withUnsafeBytes { Tensor(bytes: $0, type: .uint8, shape: [newValue.count]) }
            withExtendedLifetime(self) { perform(tensor) { ctorch_generator_set_state(handle, $0[0]) } }
        }
    }

    /// Uniform on [0, 1), fp32.
    public func uniform(_ shape: [Int]) -> Tensor {
        withExtendedLifetime(self) {
            produce { ctorch_random_uniform(shape.map(Int64.init), shape.count, handle, device.raw, $1) }
        }
    }

    /// Standard normal, fp32.
    public func normal(_ shape: [Int]) -> Tensor {
        withExtendedLifetime(self) {
            produce { ctorch_random_normal(shape.map(Int64.init), shape.count, handle, device.raw, $1) }
        }
    }

    /// A random order of `0 ..< count`.
    public func permutation(_ count: Int) -> [Int] {
        withExtendedLifetime(self) {
            produce { ctorch_random_permutation(Int64(count), handle, $1) }.integers()
        }
    }
}
