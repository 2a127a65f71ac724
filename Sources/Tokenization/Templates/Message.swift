import Errors
import Foundation
import JSON

/// One turn of a conversation: a JSON object with a `role`, nearly always a `content`, and whatever else a
/// template reads (`tool_calls`, `name`, `reasoning_content`, …). Nothing that a user gives is lost.
public struct Message: Hashable, Sendable {
    private var fields: JSONObject

    public init(role: String, content: String, additional: JSONObject = [:]) {
        fields = ["role": .string(role), "content": .string(content)]
        if !additional.isEmpty { self.additional = additional }
    }

    /// - Throws: `MessageError` if the value is not an object with a string as `role`.
    public init(_ value: JSONValue) throws {
        guard case .object(let fields) = value else { throw MessageError.notAnObject }
        try self.init(fields: fields)
    }

    private init(fields: JSONObject) throws {
        switch fields["role"] {
        case .string: self.fields = fields
        case nil: throw MessageError.roleMissing(keys: fields.keys)
        default: throw MessageError.roleNotAString
        }
    }

    public var role: String {
        get { text(of: "role") }
        set { fields["role"] = .string(newValue) }
    }

    /// The text of the turn. Empty where the content is missing, null or a list of parts, which
    /// `json` shows.
    public var content: String {
        get { text(of: "content") }
        set { fields["content"] = .string(newValue) }
    }

    /// All fields but `role` and `content`.
    public var additional: JSONObject {
        get { JSONObject(fields.lazy.filter { !Self.isNamed($0.key) }) }
        set {
            let named = fields.lazy.filter { Self.isNamed($0.key) }
            let others = newValue.lazy.filter { !Self.isNamed($0.key) }
            fields = JSONObject([Array(named), Array(others)].joined())
        }
    }

    /// The whole message as a template sees it.
    public var json: JSONValue { .object(fields) }

    private static func isNamed(_ key: String) -> Bool { key == "role" || key == "content" }

    private func text(of key: String) -> String {
        guard case .string(let text) = fields[key] else { return "" }
        return text
    }
}

extension Message: Codable {
    public init(from decoder: any Decoder) throws {
        let fields = try JSONObject(from: decoder)
        do {
            try self.init(fields: fields)
        } catch let error as MessageError {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try fields.encode(to: encoder)
    }
}

/// Why a JSON value is not a message.
public enum MessageError: CategorizedError, Hashable, CustomStringConvertible {
    case notAnObject
    case roleMissing(keys: [String])
    case roleNotAString

    public var category: ErrorCategory { .badData }

    public var description: String {
        switch self {
        case .notAnObject:
            #"expected a message, such as {"role": "user", "content": "Hello"}, found another value"#
        case .roleMissing(let keys):
            "expected a `role` in a message, found only \(keys.map { "`\($0)`" }.joined(separator: ", "))"
        case .roleNotAString: "expected a string as the `role` of a message, found another value"
        }
    }
}
