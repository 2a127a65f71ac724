@testable import Checkpoints

/// Puts a GGUF file together, wrong ones included.
struct GGUFBuilder {
    enum Value {
        case uint32(UInt32), float32(Float), string(String)
        /// Any type, by its code, with its bytes.
        case raw(UInt32, [UInt8])
    }

    struct Tensor {
        var name: String
        /// Row length first, as in the file.
        var sizes: [UInt64]
        var type: UInt32
        var bytes: [UInt8]
        /// Where the file says it is; by default where it is.
        var offset: UInt64?
    }

    var magic = Array("GGUF".utf8)
    var version: UInt32 = 3
    var alignment = 32
    var pairs: [(key: String, value: Value)] = []
    var tensors: [Tensor] = []
    var pairCount: UInt64?
    var tensorCount: UInt64?

    mutating func add(_ key: String, _ value: Value) { pairs.append((key, value)) }

    /// A tensor given with row-major shape.
    mutating func add(_ name: String, _ type: GGUFTensorType, _ shape: [Int], _ bytes: [UInt8]) {
        tensors.append(
            Tensor(name: name, sizes: shape.reversed().map(UInt64.init), type: type.rawValue, bytes: bytes))
    }

    static func bytes(of string: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: UInt64(string.utf8.count))
        return bytes + string.utf8
    }

    var bytes: [UInt8] {
        var bytes = magic
        bytes.append(integer: version)
        bytes.append(integer: tensorCount ?? UInt64(tensors.count))
        bytes.append(integer: pairCount ?? UInt64(pairs.count))
        for (key, value) in pairs {
            bytes += Self.bytes(of: key)
            switch value {
            case .uint32(let value):
                bytes.append(integer: UInt32(4))
                bytes.append(integer: value)
            case .float32(let value):
                bytes.append(integer: UInt32(6))
                bytes.append(integer: value.bitPattern)
            case .string(let value):
                bytes.append(integer: UInt32(8))
                bytes += Self.bytes(of: value)
            case .raw(let type, let value):
                bytes.append(integer: type)
                bytes += value
            }
        }
        var data: [UInt8] = []
        for tensor in tensors {
            data += [UInt8](repeating: 0, count: (alignment - data.count % alignment) % alignment)
            bytes += Self.bytes(of: tensor.name)
            bytes.append(integer: UInt32(tensor.sizes.count))
            for size in tensor.sizes { bytes.append(integer: size) }
            bytes.append(integer: tensor.type)
            bytes.append(integer: tensor.offset ?? UInt64(data.count))
            data += tensor.bytes
        }
        return bytes + [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment) + data
    }
}
