import Files
import Foundation
import JSON

extension JSONObject {
    private static var maximumByteCount: Int { 1 << 26 }

    /// Reads a file that must be one object.
    init(contentsOf url: URL) throws {
        let file = try MappedFile(url)
        guard file.bytes.count <= Self.maximumByteCount else {
            throw CheckpointError.malformed(
                url, nil, expected: "at most \(Self.maximumByteCount) bytes", found: "\(file.bytes.count)")
        }
        self = try file.withBytes(0..<file.bytes.count) {
            try JSONObject(parsing: $0, in: url, describedAs: "byte")
        }
    }

    /// No name may come twice: in a header that lists tensors this would hide one of them.
    init(parsing bytes: UnsafeRawBufferPointer, in file: URL, describedAs place: String) throws {
        do {
            let value = try JSONValue(parsing: bytes, tolerating: .largeIntegers)
            guard let object = value.object else {
                throw CheckpointError.malformed(
                    file, "\(place) 0", expected: "an object", found: value.summary)
            }
            self = object
        } catch let error as JSONSyntaxError {
            throw CheckpointError.malformed(
                file, "\(place) \(error.offset)", expected: error.expected,
                found: error.found ?? "the end of the text")
        }
    }
}

extension JSONValue {
    /// An integer, also where it is written with a fraction of 0.
    var wholeNumber: Int? { integer ?? number.flatMap(Int.init(exactly:)) }

    /// Every element, where this is an array in which `convert` accepts all of them.
    func array<Element>(of convert: (JSONValue) -> Element?) -> [Element]? {
        guard let array else { return nil }
        let converted = array.compactMap(convert)
        return converted.count == array.count ? converted : nil
    }

    /// A few words about the value for an error.
    var summary: String {
        switch self {
        case .null: "null"
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .largeInteger(let digits): quoted(digits)
        case .number(let value): String(value)
        case .string(let value): "the text \(quoted(value))"
        case .array(let values): "a list of \(values.count)"
        case .object(let values):
            "an object with \(values.isEmpty ? "nothing" : listed(values.keys))"
        }
    }
}
