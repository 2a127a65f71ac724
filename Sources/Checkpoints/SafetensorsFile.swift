import Foundation

/// A safetensors file, mapped into memory and checked from end to end when it is opened.
public final class SafetensorsFile: Sendable {
    public let url: URL
    public let tensors: [String: TensorDescription]
    /// The texts under `__metadata__`; transformers asks for `format`.
    public let metadata: [String: String]
    private let file: MappedFile

    /// Throws `CheckpointError` where any length, offset, shape, type or name breaks the format.
    public init(_ url: URL) throws {
        self.url = url
        file = try MappedFile(url)
        let header = try file.withBytes(0..<file.bytes.count) {
            try SafetensorsHeader(parsing: $0, file: url)
        }
        tensors = header.tensors
        metadata = header.metadata
    }

    /// Runs `body` on the bytes of a tensor, little-endian and row-major. The pointer is good only within
    /// `body`, and may be unaligned.
    public func withBytes<Result>(
        of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard let tensor = tensors[name] else {
            throw CheckpointError.malformed(
                url, nil, expected: "a tensor \(quoted(name))", found: "none of that name",
                remedy: "check that the file belongs to this model")
        }
        return try file.withBytes(tensor.byteRange, body)
    }
}
