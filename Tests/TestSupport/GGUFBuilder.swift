/// Puts a GGUF file together, wrong ones included.
public struct GGUFBuilder {
    public enum Value {
        case uint32(UInt32), float32(Float), string(String)
        /// Any type, by its code, with its bytes.
        case raw(UInt32, [UInt8])
    }

    public struct Tensor {
        public var name: String
        /// Row length first, as in the file.
        public var sizes: [UInt64]
        public var type: UInt32
        public var bytes: [UInt8]
        /// Where the file says it is; by default where it is.
        public var offset: UInt64?

        public init(name: String, sizes: [UInt64], type: UInt32, bytes: [UInt8], offset: UInt64? = nil) {
            self.name = name
            self.sizes = sizes
            self.type = type
            self.bytes = bytes
            self.offset = offset
        }
    }

    public var magic = Array("GGUF".utf8)
    public var version: UInt32 = 3
    public var alignment = 32
    public var pairs: [(key: String, value: Value)] = []
    public var tensors: [Tensor] = []
    public var pairCount: UInt64?
    public var tensorCount: UInt64?

    public init() {}

    public mutating func add(_ key: String, _ value: Value) { pairs.append((key, value)) }

    /// A tensor given with row-major shape, of a type given by its code.
    public mutating func add(_ name: String, _ type: UInt32, _ shape: [Int], _ bytes: [UInt8]) {
        tensors.append(Tensor(name: name, sizes: shape.reversed().map(UInt64.init), type: type, bytes: bytes))
    }

    public static func bytes(of string: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: UInt64(string.utf8.count))
        return bytes + string.utf8
    }

    public var bytes: [UInt8] {
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

extension [UInt8] {
    /// Little-endian.
    public mutating func append<Integer: FixedWidthInteger>(integer: Integer) {
        Swift.withUnsafeBytes(of: integer.littleEndian) { append(contentsOf: $0) }
    }

    /// The bytes of float32 values.
    public init(floats: [Float]) {
        self = floats.reduce(into: []) { $0.append(integer: $1.bitPattern) }
    }
}
