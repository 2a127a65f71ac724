import Checkpoints
import Errors
import Torch

extension WeightFiles {
    /// A copy of a tensor.
    /// - Parameter keptType: what to keep it as.
    func tensor(_ description: TensorDescription, keptAs keptType: ScalarType, on device: Device) throws
        -> Tensor
    {
        let copy = try withBytes(of: description.name) {
            try Tensor(bytes: $0, as: description, keptAs: keptType, on: device)
        }
        try releasePages(of: description.name)
        return copy
    }

    /// A tensor on the CPU that reads the file whenever it is used. Nobody may write to it.
    func borrowedTensor(_ description: TensorDescription) throws -> Tensor {
        let type = try ScalarType(of: description)
        let (bytes, owner) = try mappedBytes(of: description.name)
        return Tensor(borrowing: bytes, of: owner, type: type, shape: description.shape)
    }
}

extension Tensor {
    /// A copy of a checkpoint's tensor, in its stored type where none is asked for.
    convenience init(
        bytes: UnsafeRawBufferPointer, as description: TensorDescription, keptAs keptType: ScalarType?,
        on device: Device
    ) throws {
        self.init(
            bytes: bytes, type: try ScalarType(of: description), shape: description.shape, keptAs: keptType,
            on: device)
    }
}

extension ScalarType {
    /// - Throws: `WeightError` for a type that is only good for storing.
    fileprivate init(of description: TensorDescription) throws {
        guard let type = ScalarType(description.elementType) else {
            throw WeightError.unsupportedType(description.name, description.elementType.rawValue)
        }
        self = type
    }
}

extension ScalarType {
    /// The tensor type of a checkpoint's element type, where there is one.
    init?(_ element: ElementType) {
        switch element {
        case .float32: self = .float32
        case .float16: self = .float16
        case .bfloat16: self = .bfloat16
        case .float64: self = .float64
        case .int64: self = .int64
        case .int32: self = .int32
        case .uint8: self = .uint8
        case .bool: self = .bool
        default: return nil
        }
    }

    /// The checkpoint's name for this type.
    var element: ElementType {
        switch self {
        case .uint8: .uint8
        case .int32: .int32
        case .int64: .int64
        case .float16: .float16
        case .float32: .float32
        case .float64: .float64
        case .bool: .bool
        case .bfloat16: .bfloat16
        }
    }
}

/// A checkpoint that does not fit the model.
public enum WeightError: CategorizedError, CustomStringConvertible {
    case missing([String], where: String)
    case unused([String], where: String)
    case wrongShape(String, expected: [Int], found: [Int], where: String)
    case unsupportedType(String, String)
    case unsupported(String)

    public var category: ErrorCategory { .badData }

    public var description: String {
        switch self {
        case .missing(let names, let place):
            "\(place): \(names.count) weights are missing: \(Self.list(names)); "
                + "is this a checkpoint of another architecture?"
        case .unused(let names, let place):
            "\(place): \(names.count) weights have no place in the model: \(Self.list(names)); "
                + "does config.json belong to this checkpoint?"
        case .wrongShape(let name, let expected, let found, let place):
            "\(place): \(name) should have shape \(expected) by config.json, found \(found)"
        case .unsupportedType(let name, let type): "\(name) has element type \(type), which no model uses"
        case .unsupported(let what): what
        }
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.sorted().prefix(8).joined(separator: ", ")
        return names.count > 8 ? "\(shown), … and \(names.count - 8) more" : shown
    }
}

/// The names of a model folder's files.
public enum ModelFile {
    public static let configuration = "config.json"
    public static let adapterConfiguration = "adapter_config.json"
    public static let adapterWeights = "adapter_model.safetensors"
}
