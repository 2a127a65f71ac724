import Foundation
import JSON

/// The JSON at the start of a safetensors file.
///
/// Layout: eight bytes with the length N of the header (little-endian), N bytes of JSON, then the tensors'
/// bytes back to back. `data_offsets` count from the end of the header. Source: the format section of the
/// safetensors README.
struct SafetensorsHeader {
    /// The limit of the reference implementation.
    static let maximumByteCount = 100_000_000
    static let metadataKey = "__metadata__"

    let tensors: [String: TensorDescription]
    let metadata: [String: String]
}

// MARK: - Reading

extension SafetensorsHeader {
    /// Checks everything the file claims about itself, so that each range of `tensors` can be read without
    /// another look.
    init(parsing bytes: UnsafeRawBufferPointer, file: URL) throws {
        guard bytes.count >= 8 else {
            throw CheckpointError.malformed(
                file, nil, expected: "at least 8 bytes of safetensors", found: "\(bytes.count)")
        }
        let declared = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        let available = bytes.count - 8
        guard declared <= Self.maximumByteCount, declared <= available else {
            throw CheckpointError.malformed(
                file, "header length",
                expected: "at most \(min(available, Self.maximumByteCount)) bytes", found: "\(declared)",
                remedy: "the file is cut short or not safetensors: fetch it or write it again")
        }
        let dataStart = 8 + Int(declared)
        var members = try JSONObject(
            parsing: UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]), in: file,
            describedAs: "header byte")

        metadata = try Self.metadata(members[Self.metadataKey], file)
        members[Self.metadataKey] = nil
        // Swift's strings are the same where JSON's names may differ: in how an accented letter is spelled.
        tensors = try Dictionary(
            members.map { ($0, try Self.tensor($0, $1, data: dataStart..<bytes.count, file)) }
        ) { tensor, _ in
            throw CheckpointError.malformed(
                file, "tensor \(quoted(tensor.name))", expected: "every name once",
                found: "another spelling of it")
        }
        try Self.requireFullCoverage(tensors.values, of: dataStart..<bytes.count, file)
    }

    private static func metadata(_ value: JSONValue?, _ file: URL) throws -> [String: String] {
        guard let value else { return [:] }
        guard let members = value.object else {
            throw CheckpointError.malformed(file, metadataKey, expected: "an object", found: value.summary)
        }
        return try members.reduce(into: [:]) { metadata, member in
            guard let text = member.value.string else {
                throw CheckpointError.malformed(
                    file, metadataKey, expected: "texts only", found: member.value.summary)
            }
            metadata[member.key] = text
        }
    }

    private static func tensor(
        _ name: String, _ value: JSONValue, data: Range<Int>, _ file: URL
    ) throws -> TensorDescription {
        func malformed(_ expected: String, _ found: JSONValue?) -> CheckpointError {
            CheckpointError.malformed(
                file, "tensor \(quoted(name))", expected: expected, found: found?.summary ?? "none")
        }
        guard let members = value.object else { throw malformed("an object", value) }
        guard let typeName = members["dtype"]?.string else { throw malformed("a dtype", members["dtype"]) }
        guard let elementType = ElementType(rawValue: typeName) else {
            throw CheckpointError(
                .unsupported, file: file, place: "tensor \(quoted(name))",
                expected: "a dtype of \(ElementType.allCases.map(\.rawValue).joined(separator: ", "))",
                found: quoted(typeName), remedy: "convert the tensor to one of them")
        }
        guard let shape = members["shape"]?.array(of: \.size) else {
            throw malformed("a shape: a list of sizes", members["shape"])
        }
        guard let offsets = members["data_offsets"]?.array(of: \.size), offsets.count == 2 else {
            throw malformed("data_offsets: first and last", members["data_offsets"])
        }
        guard offsets[0] <= offsets[1], offsets[1] <= data.count else {
            throw malformed(
                "data_offsets in order and within the \(data.count) bytes of data", .string("\(offsets)"))
        }
        guard let byteCount = elementType.byteCount(ofShape: shape), byteCount == offsets[1] - offsets[0]
        else {
            let needed = elementType.byteCount(ofShape: shape).map { "the \($0) bytes" } ?? "the bytes"
            throw malformed(
                "\(needed) of \(typeName) \(shape)", .integer(offsets[1] - offsets[0]))
        }
        return TensorDescription(
            name: name, elementType: elementType, shape: shape,
            byteRange: data.lowerBound + offsets[0]..<data.lowerBound + offsets[1])
    }

    /// Tensors must fill the data exactly: an overlap would let two names share bytes, a hole would hide
    /// some.
    private static func requireFullCoverage(
        _ tensors: some Collection<TensorDescription>, of data: Range<Int>, _ file: URL
    ) throws {
        let inOrder = tensors.sorted {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound) < (
                $1.byteRange.lowerBound, $1.byteRange.upperBound
            )
        }
        var end = data.lowerBound
        for tensor in inOrder {
            guard tensor.byteRange.lowerBound == end else {
                let problem = tensor.byteRange.lowerBound < end ? "an overlap" : "a hole"
                throw CheckpointError.malformed(
                    file, "tensor \(quoted(tensor.name))",
                    expected: "its bytes to start at file offset \(end)",
                    found: "\(problem): \(tensor.byteRange.lowerBound)")
            }
            end = tensor.byteRange.upperBound
        }
        guard end == data.upperBound else {
            throw CheckpointError.malformed(
                file, "end of the file", expected: "\(end) bytes in all", found: "\(data.upperBound)")
        }
    }
}

// MARK: - Writing

extension SafetensorsHeader {
    /// The header of a file that holds `tensors` in this order, with its length in front and padded so that
    /// the data starts at a multiple of 8.
    static func encoded(
        _ tensors: [(name: String, elementType: ElementType, shape: [Int], byteCount: Int)],
        metadata: [String: String]
    ) -> Data {
        var members: JSONObject = [:]
        if !metadata.isEmpty {
            members[metadataKey] = .object(
                JSONObject(metadata.map { (key: $0.key, value: .string($0.value)) }))
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.byteCount
            members[tensor.name] = .object([
                "dtype": .string(tensor.elementType.rawValue),
                "shape": .array(tensor.shape.map(JSONValue.integer)),
                "data_offsets": .array([.integer(offset), .integer(end)]),
            ])
            offset = end
        }
        var json = Data(JSONValue.object(members).sortingNames().text(.compact).utf8)
        json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: -json.count & 7))
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json
    }
}

extension JSONValue {
    /// A whole number that is not negative, spelled as one.
    fileprivate var size: Int? {
        if case .integer(let value) = self, value >= 0 { value } else { nil }
    }
}
