import CTorch

/// The type of a tensor's elements.
public enum ScalarType: Int32, Sendable, CaseIterable {
    case uint8 = 0
    case int32 = 3
    case int64 = 4
    case float16 = 5
    case float32 = 6
    case float64 = 7
    case bool = 11
    case bfloat16 = 15

    public var byteCount: Int {
        switch self {
        case .uint8, .bool: 1
        case .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64: 8
        }
    }

    public var isFloatingPoint: Bool {
        switch self {
        case .float16, .float32, .float64, .bfloat16: true
        case .uint8, .int32, .int64, .bool: false
        }
    }
}

/// A libtorch tensor: shared storage, owned handle.
///
/// Operations never throw: a wrong shape is a mistake in the program and traps with libtorch's message, which names both
/// shapes. Code that must survive running out of memory or a lost device wraps the work in `catchingErrors`.
/// A tensor stays on the thread that works with it, therefore it is not `Sendable`.
public final class Tensor {
    let handle: OpaquePointer
    /// This weight in the type it is computed with (Tensor+WorkingCopy.swift).
    var workingCopy: WorkingCopy?

    init(owning handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { ctorch_tensor_free(handle) }

    /// How many tensors are alive in this process; tests assert that it does not grow.
    public static var liveCount: Int { Int(ctorch_live_tensor_count()) }
}

// MARK: - The two helpers through which every handle passes

/// Keeps tensors alive while C works on their handles: a handle read off a temporary is freed before the call otherwise.
func produce(
    _ inputs: Tensor?..., body: ([OpaquePointer?], UnsafeMutablePointer<OpaquePointer?>) -> Int32
) -> Tensor {
    withExtendedLifetime(inputs) {
        var out: OpaquePointer?
        check(body(inputs.map { $0?.handle }, &out))
        return Tensor(owning: unwrapHandle(out))
    }
}

/// The same for calls that change their inputs or only report a status.
func perform(_ inputs: Tensor?..., body: ([OpaquePointer?]) -> Int32) {
    withExtendedLifetime(inputs) { check(body(inputs.map { $0?.handle })) }
}

func unwrapHandle(_ handle: OpaquePointer?) -> OpaquePointer {
    guard let handle else { fatalError("libtorch gave no tensor back") }
    return handle
}

// MARK: - Creation

extension Tensor {
    /// A tensor from its elements in row-major order; traps when the count does not fit the shape.
    public convenience init(_ elements: [Float], shape: [Int]? = nil, on device: Device = .cpu) {
        self.init(elements, type: .float32, shape: shape, device: device)
    }

    public convenience init(_ elements: [Double], shape: [Int]? = nil, on device: Device = .cpu) {
        self.init(elements, type: .float64, shape: shape, device: device)
    }

    public convenience init(_ elements: [Int], shape: [Int]? = nil, on device: Device = .cpu) {
        self.init(elements.map(Int64.init), type: .int64, shape: shape, device: device)
    }

    public convenience init(_ elements: [Bool], shape: [Int]? = nil, on device: Device = .cpu) {
        self.init(elements, type: .bool, shape: shape, device: device)
    }

    /// A copy of raw little-endian `bytes`; traps when their count does not fit the shape and type.
    /// - Parameters:
    ///   - type: what the bytes are.
    ///   - keptType: what the tensor keeps them as; nil for the same.
    public convenience init(
        bytes: UnsafeRawBufferPointer, type: ScalarType, shape: [Int], keptAs keptType: ScalarType? = nil,
        on device: Device = .cpu
    ) {
        var out: OpaquePointer?
        check(
            ctorch_from_bytes(
                bytes.baseAddress, bytes.count, shape.map(Int64.init), shape.count, type.rawValue,
                (keptType ?? type).rawValue, device.raw, &out))
        self.init(owning: unwrapHandle(out))
    }

    /// A tensor that reads `bytes` where they are and keeps `owner` alive meanwhile; nobody may write to it. Bytes that do not
    /// lie as the type needs them are copied.
    public convenience init(
        borrowing bytes: UnsafeRawBufferPointer, of owner: AnyObject, type: ScalarType, shape: [Int]
    ) {
        var out: OpaquePointer?
        check(
            ctorch_borrow_bytes(
                bytes.baseAddress, bytes.count, shape.map(Int64.init), shape.count, type.rawValue,
                { owner in owner.map { Unmanaged<AnyObject>.fromOpaque($0).release() } },
                Unmanaged.passRetained(owner).toOpaque(), &out))
        self.init(owning: unwrapHandle(out))
    }

    private convenience init<Element>(_ elements: [Element], type: ScalarType, shape: [Int]?, device: Device)
    {
        let shape = shape ?? [elements.count]
        let handle = elements.withUnsafeBytes { bytes in
            var out: OpaquePointer?
            check(
                ctorch_from_bytes(
                    bytes.baseAddress, bytes.count, shape.map(Int64.init), shape.count, type.rawValue,
                    type.rawValue, device.raw, &out))
            return unwrapHandle(out)
        }
        self.init(owning: handle)
    }

    public static func full(
        _ shape: [Int], _ value: Double, type: ScalarType = .float32, on device: Device = .cpu
    ) -> Tensor {
        produce { ctorch_full(shape.map(Int64.init), shape.count, value, type.rawValue, device.raw, $1) }
    }

    public static func zeros(_ shape: [Int], type: ScalarType = .float32, on device: Device = .cpu) -> Tensor
    {
        full(shape, 0, type: type, on: device)
    }

    public static func ones(_ shape: [Int], type: ScalarType = .float32, on device: Device = .cpu) -> Tensor {
        full(shape, 1, type: type, on: device)
    }

    /// `start, start + 1, … end - 1`.
    public static func range(
        _ range: Range<Int>, type: ScalarType = .int64, on device: Device = .cpu
    ) -> Tensor {
        produce {
            ctorch_arange(Double(range.lowerBound), Double(range.upperBound), type.rawValue, device.raw, $1)
        }
    }
}

// MARK: - What a tensor is

extension Tensor {
    public var rank: Int { withExtendedLifetime(self) { Int(ctorch_rank(handle)) } }
    public var count: Int { withExtendedLifetime(self) { Int(ctorch_element_count(handle)) } }
    public var shape: [Int] { (0..<rank).map(size) }
    public var device: Device { withExtendedLifetime(self) { Device(ctorch_device_of(handle)) } }

    public var type: ScalarType {
        withExtendedLifetime(self) {
            let raw = ctorch_type(handle)
            guard let type = ScalarType(rawValue: raw) else {
                fatalError("libtorch element type \(raw) has no name here")
            }
            return type
        }
    }

    /// The size of one dimension; negative dimensions count from the end.
    public func size(_ dimension: Int) -> Int {
        var size: Int64 = 0
        perform(self) { ctorch_size($0[0], Int64(dimension), &size) }
        return Int(size)
    }

    /// Whether this is a real tensor; an operation that failed inside `catchingErrors` yields one that is not.
    public var isDefined: Bool { withExtendedLifetime(self) { ctorch_is_defined(handle) } }
}

// MARK: - Reading values

extension Tensor {
    /// The value of a tensor with one element.
    public func item() -> Double {
        var value = Double.nan
        perform(self) { ctorch_item($0[0], &value) }
        return value
    }

    /// All elements in row-major order.
    public func floats() -> [Float] { elements(as: .float32, zero: Float(0)) }
    public func doubles() -> [Double] { elements(as: .float64, zero: Double(0)) }
    public func integers() -> [Int] { elements(as: .int64, zero: Int64(0)).map(Int.init) }
    public func booleans() -> [Bool] { elements(as: .bool, zero: false) }

    /// Writes the elements, in row-major order and in the tensor's own type, to `bytes`.
    public func copy(to bytes: UnsafeMutableRawBufferPointer) {
        perform(self) { ctorch_copy_bytes($0[0], bytes.baseAddress, bytes.count) }
    }

    private func elements<Element>(as type: ScalarType, zero: Element) -> [Element] {
        let converted = self.type == type ? self : to(type)
        var result = [Element](repeating: zero, count: converted.count)
        result.withUnsafeMutableBytes { converted.copy(to: $0) }
        return result
    }
}

// MARK: - Conversions and changes in place

extension Tensor {
    public func to(_ type: ScalarType) -> Tensor { to(type, on: device) }
    public func to(on device: Device) -> Tensor { to(type, on: device) }

    /// This tensor where type and device already fit, otherwise a converted copy (differentiable).
    public func to(_ type: ScalarType, on device: Device) -> Tensor {
        produce(self) { ctorch_to($0[0], type.rawValue, device.raw, false, $1) }
    }

    public func copied() -> Tensor { produce(self) { ctorch_to($0[0], type.rawValue, device.raw, true, $1) } }
    public func contiguous() -> Tensor { produce(self) { ctorch_contiguous($0[0], $1) } }

    /// Overwrites the elements with those of `source` (broadcast, converted).
    public func assign(_ source: Tensor) { perform(self, source) { ctorch_copy_into($0[0], $0[1]) } }
    public func fill(_ value: Double) { perform(self) { ctorch_fill($0[0], value) } }
    public func add(inPlace source: Tensor, scale: Double = 1) {
        perform(self, source) { ctorch_add_into($0[0], $0[1], scale) }
    }
    public func scale(inPlace factor: Double) { perform(self) { ctorch_scale_in_place($0[0], factor) } }
}

extension Tensor: CustomStringConvertible {
    public var description: String {
        guard isDefined else { return "Tensor(undefined)" }
        let values = count <= 16 ? " " + doubles().description : ""
        return "Tensor(\(type), \(shape))" + values
    }
}
