import Errors
import Foundation

/// A JSON file whose content is not what it must be.
public struct MalformedFile: CategorizedError, Equatable, CustomStringConvertible {
    public let file: String
    /// The key, such as `likelihood.ratings[0].scale`; nil for the whole file.
    public let key: String?
    public let expected: String
    public let found: String

    public init(_ file: URL, key: String? = nil, expected: String, found: String) {
        self.file = file.path
        self.key = key
        self.expected = expected
        self.found = found
    }

    public var category: ErrorCategory { .badData }

    public var description: String {
        "\(file): \(key.map { "key '\($0)': " } ?? "")expected \(expected), found \(found); "
            + "correct it there, or write or fetch the file again"
    }
}

extension FileSystem {
    /// A value from a JSON file that somebody else may have written.
    ///
    /// - Throws: `MalformedFile` naming the file and the key; `FileError` for a file that cannot be read.
    public static func decode<Value: Decodable>(
        _ type: Value.Type, from file: URL, by decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value {
        let data = try read(file)
        do {
            return try decoder.decode(type, from: data)
        } catch let error as DecodingError {
            throw MalformedFile(error, in: file)
        }
    }
}

extension MalformedFile {
    init(_ error: DecodingError, in file: URL) {
        switch error {
        case .typeMismatch(let type, let context):
            self.init(
                file, key: Self.name(of: context.codingPath), expected: Self.name(of: type),
                found: "another kind of value")
        case .valueNotFound(let type, let context):
            self.init(
                file, key: Self.name(of: context.codingPath), expected: Self.name(of: type), found: "null")
        case .keyNotFound(let key, let context):
            self.init(
                file, key: Self.name(of: context.codingPath + [key]), expected: "a value",
                found: "no such key")
        case .dataCorrupted(let context):
            self.init(
                file, key: Self.name(of: context.codingPath),
                expected: context.codingPath.isEmpty ? "JSON" : "a valid value",
                found: Self.sentence(of: context))
        @unknown default:
            self.init(file, expected: "valid content", found: "\(error)")
        }
    }

    /// What the parser says, without the full stop that would come before the rest of the message.
    private static func sentence(of context: DecodingError.Context) -> String {
        let details = (context.underlyingError as? NSError)?.userInfo[NSDebugDescriptionErrorKey] as? String
        let text = details ?? context.debugDescription
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    private static func name(of path: [any CodingKey]) -> String? {
        guard !path.isEmpty else { return nil }
        return path.reduce("") { name, key in
            if let index = key.intValue { return "\(name)[\(index)]" }
            return name.isEmpty ? key.stringValue : "\(name).\(key.stringValue)"
        }
    }

    private static func name(of type: Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [String: Any].Type: "an object"
        case is [Any].Type: "a list"
        default: "\(type)"
        }
    }
}
