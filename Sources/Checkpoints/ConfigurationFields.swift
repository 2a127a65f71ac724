import Files
import Foundation
import JSON

/// The settings in a JSON object by name, with errors that say which one is wrong.
struct ConfigurationFields {
    let members: JSONObject
    /// The name of the object this one is inside, for errors.
    var parent: String?

    init(_ members: JSONObject, in parent: String? = nil) {
        self.members = members
        self.parent = parent
    }

    init(from decoder: any Decoder) throws {
        self.init(try JSONObject(from: decoder))
    }

    /// The member, where it is there and not null.
    subscript(_ name: String) -> JSONValue? {
        members[name].flatMap { $0.isNull ? nil : $0 }
    }

    func integer(_ name: String) throws -> Int? { try read(name, "a whole number", \.wholeNumber) }
    func number(_ name: String) throws -> Double? { try read(name, "a number", \.number) }
    func boolean(_ name: String) throws -> Bool? { try read(name, "true or false", \.boolean) }
    func string(_ name: String) throws -> String? { try read(name, "text", \.string) }

    func strings(_ name: String) throws -> [String]? {
        try read(name, "a list of texts") { $0.array(of: \.string) }
    }

    func numbers(_ name: String) throws -> [Double]? {
        try read(name, "a list of numbers") { $0.array(of: \.number) }
    }

    func integers(_ name: String) throws -> [Int]? {
        try read(name, "a list of whole numbers") { $0.array(of: \.wholeNumber) }
    }

    func object(_ name: String) throws -> ConfigurationFields? {
        try read(name, "an object", \.object).map { ConfigurationFields($0, in: name) }
    }

    /// One id, or a list of them.
    func identifiers(_ name: String) throws -> [Int]? {
        try read(name, "a token id or a list of them") {
            $0.wholeNumber.map { [$0] } ?? $0.array(of: \.wholeNumber)
        }
    }

    func required<Value>(_ name: String, _ read: (String) throws -> Value?) throws -> Value {
        guard let value = try read(name) else { throw malformed(name, expected: "a value", found: "none") }
        return value
    }

    private func read<Value>(
        _ name: String, _ expected: String, _ convert: (JSONValue) -> Value?
    ) throws -> Value? {
        guard let member = self[name] else { return nil }
        guard let value = convert(member) else {
            throw malformed(name, expected: expected, found: member.summary)
        }
        return value
    }

    func malformed(_ name: String, expected: String, found: String) -> CheckpointError {
        CheckpointError.malformed(
            nil, place(of: name), expected: expected, found: found, remedy: "correct that key of the file")
    }

    func unsupported(_ name: String, expected: String, found: String) -> CheckpointError {
        CheckpointError(
            .unsupported, place: place(of: name), expected: expected, found: found,
            remedy: "this is not supported: use another model or adapter")
    }

    /// Refuses a setting that changes what a model computes and that nothing here implements: anything but
    /// absent, null, false, zero, or empty.
    func refuse(_ names: String...) throws { try refuse(names) }

    func refuse(_ names: [String]) throws {
        for name in names {
            switch self[name] {
            case nil, .boolean(false), .integer(0), .number(0), .string(""), .array([]), .object([:]):
                continue
            case .some(let value): throw unsupported(name, expected: "it unset", found: value.summary)
            }
        }
    }

    private func place(of name: String) -> String {
        "key " + quoted(parent.map { "\($0).\(name)" } ?? name)
    }
}

// MARK: - Files

extension ConfigurationFields {
    /// What `build` makes of a file that is one object; its errors gain the name of the file.
    static func read<Value>(_ file: URL, _ build: (ConfigurationFields) throws -> Value) throws -> Value {
        let object = ConfigurationFields(try JSONObject(contentsOf: file))
        do {
            return try build(object)
        } catch let error as CheckpointError {
            throw error.located(in: file)
        }
    }

    /// Writes the file in the layout of `transformers`: two spaces per level, names sorted.
    func write(to file: URL) throws {
        let text = JSONValue.object(members).sortingNames().text(.expanded) + "\n"
        try AtomicFile.write(Data(text.utf8), to: file)
    }

    func encode(to encoder: any Encoder) throws {
        try members.encode(to: encoder)
    }
}
