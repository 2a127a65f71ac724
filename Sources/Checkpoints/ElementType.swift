/// The type of a tensor's elements, by the name safetensors gives it.
public enum ElementType: String, Codable, Sendable, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case float8E4M3 = "F8_E4M3"
    case float8E5M2 = "F8_E5M2"
    case float8E8M0 = "F8_E8M0"
    case complex64 = "C64"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint64 = "U64"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case bool = "BOOL"

    /// Bytes of one element.
    public var byteCount: Int {
        switch self {
        case .float64, .int64, .uint64, .complex64: 8
        case .float32, .int32, .uint32: 4
        case .float16, .bfloat16, .int16, .uint16: 2
        case .float8E4M3, .float8E5M2, .float8E8M0, .int8, .uint8, .bool: 1
        }
    }

    /// Bytes of a dense tensor of this shape; `nil` for a negative size or where the product overflows.
    public func byteCount(ofShape shape: [Int]) -> Int? {
        elementCount(ofShape: shape).flatMap { count in
            let (bytes, overflow) = count.multipliedReportingOverflow(by: byteCount)
            return overflow ? nil : bytes
        }
    }
}

/// The product of the sizes; `nil` for a negative size or where it overflows.
func elementCount(ofShape shape: [Int]) -> Int? {
    var product = 1
    for size in shape {
        let (next, overflow) = product.multipliedReportingOverflow(by: size)
        guard size >= 0, !overflow else { return nil }
        product = next
    }
    return product
}

/// One tensor of a file: what it is and where its bytes are.
public struct TensorDescription: Equatable, Sendable {
    public let name: String
    public let elementType: ElementType
    /// Row-major sizes; empty for a scalar.
    public let shape: [Int]
    /// Where the elements lie, counted from the start of the file; little-endian, dense.
    public let byteRange: Range<Int>
}
