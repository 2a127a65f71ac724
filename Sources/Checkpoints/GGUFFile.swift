import Foundation

/// A GGUF file (version 2 or 3, little-endian), mapped into memory and checked when it is opened.
///
/// Source: the GGUF specification in ggml's documentation.
public final class GGUFFile: Sendable {
    public let url: URL
    public let metadata: [String: GGUFValue]
    public let tensors: [String: GGUFTensorDescription]
    private let file: MappedFile

    /// Throws `CheckpointError` where a count, length, offset, alignment or name breaks the format, or a
    /// tensor has a type that cannot be read; the error names both.
    public init(_ url: URL) throws {
        self.url = url
        file = try MappedFile(url)
        var parser = GGUFParser(file)
        (metadata, tensors) = try parser.parse()
    }

    /// All elements of a tensor, dequantised, row-major. Throws where there is no tensor of this name.
    /// - Parameter part: which of the parts along the first dimension, each of whole rows; nil for all of them.
    public func floats(of name: String, part: Int? = nil) throws -> [Float] {
        guard let tensor = tensors[name] else {
            throw CheckpointError.malformed(
                url, nil, expected: "a tensor \(quoted(name))", found: "none of that name",
                remedy: "check that the file belongs to this model")
        }
        var (bytes, count) = (tensor.byteRange, tensor.elementCount)
        if let part {
            let parts = tensor.shape[0]
            precondition(
                tensor.shape.count > 1 && part < parts, "part \(part) of \(name), which has \(parts)")
            count /= parts
            let start = bytes.lowerBound + part * (bytes.count / parts)
            bytes = start..<start + bytes.count / parts
        }
        return file.withBytes(bytes) { blocks in
            [Float](unsafeUninitializedCapacity: count) { values, initialized in
                tensor.type.dequantize(blocks, into: values)
                initialized = count
            }
        }
    }
}

/// One tensor of a GGUF file: what it is and where its bytes are.
public struct GGUFTensorDescription: Equatable, Sendable {
    public let name: String
    public let type: GGUFTensorType
    /// Row-major sizes, the row length last (GGUF itself lists it first).
    public let shape: [Int]
    public let elementCount: Int
    /// Where the blocks lie, counted from the start of the file.
    public let byteRange: Range<Int>
}

/// A value of GGUF's metadata. The widths of numbers are not kept.
public enum GGUFValue: Equatable, Sendable {
    case unsigned(UInt64)
    case signed(Int64)
    case float32(Float)
    case float64(Double)
    case boolean(Bool)
    case string(String)
    case array([GGUFValue])

    public var integer: Int? {
        switch self {
        case .unsigned(let value): Int(exactly: value)
        case .signed(let value): Int(value)
        default: nil
        }
    }

    /// A number; single precision is widened through its shortest decimal form, so that 1e-05 stays 1e-05.
    public var number: Double? {
        switch self {
        case .float32(let value): Double(value.description)
        case .float64(let value): value
        default: integer.map(Double.init)
        }
    }

    public var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var array: [GGUFValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// The elements, where this is an array of nothing but strings.
    public var strings: [String]? { elements(\.string) }

    /// The elements, where this is an array of nothing but whole numbers.
    public var integers: [Int]? { elements(\.integer) }

    /// The elements, where this is an array of nothing but numbers.
    public var numbers: [Double]? { elements(\.number) }

    private func elements<Element>(_ convert: (GGUFValue) -> Element?) -> [Element]? {
        guard let array else { return nil }
        let converted = array.compactMap(convert)
        return converted.count == array.count ? converted : nil
    }
}
