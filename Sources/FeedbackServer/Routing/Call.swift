import Feedback
import Foundation
import Hummingbird
import JSON

/// A request that anyone may make.
struct OpenCall: Sendable {
    let request: Request
    let context: LabellingContext
    let limits: ServerLimits

    /// A part of the path, as text.
    func parameter(_ name: String) throws -> String {
        guard let value = context.parameters.get(name) else { throw RequestProblem.notFound }
        return value
    }

    /// A part of the path that is a number; anything else leads nowhere.
    func number(_ name: String) throws -> Int64 {
        guard let number = Int64(try parameter(name)) else { throw RequestProblem.notFound }
        return number
    }

    /// A value from the query, after the question mark.
    func query(_ name: String) -> String? {
        request.uri.queryParameters[Substring(name)].map(String.init)
    }

    /// The fields of a form whose sender has no session yet.
    func openForm() async throws -> Form {
        Form(try await body())
    }

    /// The whole body, at most as long as a form may be.
    func body() async throws -> Data {
        let limit = limits.bodySize
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw RequestProblem.tooLarge(limit: limit)
        }
        var data = Data()
        for try await part in request.body {
            data.append(contentsOf: part.readableBytesView)
            guard data.count <= limit else { throw RequestProblem.tooLarge(limit: limit) }
        }
        return data
    }
}

/// A request of somebody who is signed in.
@dynamicMemberLookup
struct Call: Sendable {
    let visitor: Visitor
    let base: OpenCall

    var person: Annotator { visitor.annotator }

    subscript<Value>(dynamicMember path: KeyPath<OpenCall, Value> & Sendable) -> Value { base[keyPath: path] }

    func parameter(_ name: String) throws -> String { try base.parameter(name) }
    func number(_ name: String) throws -> Int64 { try base.number(name) }
    func query(_ name: String) -> String? { base.query(name) }

    /// The fields of a form that this server made for this session.
    func form() async throws -> Form {
        let form = Form(try await base.body())
        guard visitor.isFormToken(form[Form.tokenField]) else { throw RequestProblem.staleForm }
        return form
    }

    /// The body as JSON. Other sites' forms cannot send this content type.
    func json<Value: Decodable>(_ type: Value.Type = Value.self) async throws -> Value {
        let contentType = base.request.headers[.contentType] ?? ""
        guard contentType.prefix(while: { $0 != ";" }) == "application/json" else {
            throw RequestProblem.notJSON
        }
        do {
            return try JSONDecoder().decode(type, from: try await base.body())
        } catch let error as DecodingError {
            throw RequestProblem.malformed(Self.words(error))
        }
    }

    private static func words(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, let context):
            "\([path(context), key.stringValue].filter { !$0.isEmpty }.joined(separator: ".")) is missing."
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(path(context)) has another type than expected."
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "\(path(context)): \(context.debugDescription)"
        default: "The body is not JSON."
        }
    }
}

/// The fields of a form, as browsers send them.
struct Form: Sendable {
    /// The field that shows where the form came from; see ``Visitor/formToken``.
    static let tokenField = "form_token"

    private let fields: [String: [String]]

    init(_ body: Data) {
        let pairs = String(decoding: body, as: UTF8.self).split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(parts[0]), parts.count == 2 ? Self.decoded(parts[1]) : "")
        }
        fields = Dictionary(grouping: pairs, by: \.0).mapValues { $0.map(\.1) }
    }

    /// The first value of a field without the space around it; empty where there is none.
    subscript(name: String) -> String {
        fields[name]?.first?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    }

    /// All values of a field.
    func all(_ name: String) -> [String] { fields[name] ?? [] }

    /// Whether a box is ticked.
    func isTicked(_ name: String) -> Bool { fields[name] != nil }

    /// The values of all fields whose names begin like this, by the rest of the name; empty ones left out.
    func values(beginning prefix: String) -> [String: String] {
        let found = fields.keys.filter { $0.hasPrefix(prefix) && !self[$0].isEmpty }
        return Dictionary(uniqueKeysWithValues: found.map { (String($0.dropFirst(prefix.count)), self[$0]) })
    }

    private static func decoded(_ text: Substring) -> String {
        let spaced = text.replacingOccurrences(of: "+", with: " ")
        return (spaced.removingPercentEncoding ?? spaced).replacingOccurrences(of: "\r\n", with: "\n")
            .withoutNull
    }
}

extension String {
    /// The text with U+FFFD for every U+0000, as browsers show it: SQLite gives a text back only up to the first.
    var withoutNull: String { replacingOccurrences(of: "\u{0}", with: "\u{FFFD}") }
}
