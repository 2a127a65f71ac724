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
        try file.withBytes(try range(of: name), body)
    }

    /// The bytes of a tensor, which may be unaligned, and what must be kept alive while they are read.
    public func mappedBytes(of name: String) throws -> (bytes: UnsafeRawBufferPointer, owner: AnyObject) {
        (UnsafeRawBufferPointer(rebasing: file.bytes[try range(of: name)]), file)
    }

    /// Gives the memory that holds the file back to the system until the file is read again.
    public func releasePages() { file.releasePages(0..<file.bytes.count) }

    /// The same for the part that holds a tensor.
    public func releasePages(of name: String) throws { file.releasePages(try range(of: name)) }

    private func range(of name: String) throws -> Range<Int> {
        guard let tensor = tensors[name] else {
            throw CheckpointError.malformed(
                url, nil, expected: "a tensor \(quoted(name))", found: "none of that name",
                remedy: "check that the file belongs to this model")
        }
        return tensor.byteRange
    }
}
