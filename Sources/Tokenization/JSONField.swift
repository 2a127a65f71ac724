import JSON

/// A value in a tokenizer's file with its place there, for errors that say what is wrong where.
struct JSONField {
    let value: JSONValue
    private let path: Path

    /// The path to a value, put into words only for an error: a vocabulary has a hundred thousand values.
    private indirect enum Path {
        case file
        case member(String, of: Path)
        case element(Int, of: Path)
    }

    /// The whole of a file.
    init(_ value: JSONValue) { self.init(value, .file) }

    private init(_ value: JSONValue, _ path: Path) {
        self.value = value
        self.path = path
    }

    /// Content that is not what it has to be; the reader of the file adds the file's name.
    struct Malformed: Error {
        let place: String
        let expected: String
        let found: String
    }

    /// Something well-formed that is not implemented; the reader of the file adds the file's name.
    struct Unsupported: Error {
        let place: String
        let found: String
        let supported: String
    }

    // MARK: Members

    /// - Throws: `Malformed` where there is no such member.
    func member(_ name: String) throws -> JSONField {
        guard let value = try object()[name] else {
            throw JSONField(.null, .member(name, of: path)).malformed(expected: "a value", found: "none")
        }
        return JSONField(value, .member(name, of: path))
    }

    /// Nil where there is no such member, or it is null.
    func optional(_ name: String) throws -> JSONField? {
        guard let value = try object()[name], !value.isNull else { return nil }
        return JSONField(value, .member(name, of: path))
    }

    /// The member `type`, by which each part of the file says what it is, where it is one of these.
    func type(among types: [String]) throws -> String {
        let supported = types.map { "\"\($0)\"" }.joined(separator: " or ")
        guard !value.isNull else { throw unsupported(found: "null", supported: supported) }
        let type = try member("type").string()
        guard types.contains(type) else {
            throw unsupported(found: "\"\(type)\"", supported: supported)
        }
        return type
    }

    // MARK: Values

    func string() throws -> String { try converted("a text", \.string) }
    func integer() throws -> Int { try converted("a whole number", \.integer) }
    func number() throws -> Double { try converted("a number", \.number) }
    func boolean() throws -> Bool { try converted("true or false", \.boolean) }
    func object() throws -> JSONObject { try converted("an object", \.object) }

    func elements() throws -> [JSONField] {
        try converted("a list", \.array).enumerated().map { JSONField($1, .element($0, of: path)) }
    }

    /// A number that `tokenizers` takes for an id.
    func tokenID() throws -> Int {
        let id = try integer()
        guard UInt32(exactly: id) != nil else {
            throw malformed(expected: "an id from 0 to \(UInt32.max)", found: "\(id)")
        }
        return id
    }

    func integers() throws -> [Int] { try elements().map { try $0.integer() } }

    private func converted<Value>(_ kind: String, _ convert: (JSONValue) -> Value?) throws -> Value {
        guard let converted = convert(value) else {
            throw malformed(expected: kind, found: value.isNull ? "null" : "another type")
        }
        return converted
    }

    // MARK: Errors

    func malformed(expected: String, found: String) -> Malformed {
        Malformed(place: Self.description(path), expected: expected, found: found)
    }

    func unsupported(found: String, supported: String) -> Unsupported {
        Unsupported(place: Self.description(path), found: found, supported: supported)
    }

    /// Such as `pre_tokenizer.pretokenizers[0].pattern`.
    private static func description(_ path: Path) -> String {
        switch path {
        case .file: "the whole file"
        case .member(let name, of: .file): name
        case .member(let name, let parent): "\(description(parent)).\(name)"
        case .element(let index, let parent): "\(description(parent))[\(index)]"
        }
    }
}
