import Foundation
import JSON

/// A member of a JSON object that is missing or not what it has to be.
struct UnexpectedMember: Error {
    let expected: String
    let found: String
}

extension RunManifest {
    private static let knownNames: Set<String> = [
        "id", "command", "command_line", "config", "versions", "seed", "device", "precision", "threads",
        "machine", "inputs",
        "parents", "started", "ended", "status", "reason", "notes", "last_step",
    ]

    var json: JSONValue {
        var members: JSONObject = [
            "id": .string(identifier),
            "command": .string(command),
        ]
        members["command_line"] = commandLine.map(JSONValue.string)
        members["status"] = .string(status.name)
        if case .failed(let reason) = status { members["reason"] = .string(reason) }
        if !notes.isEmpty { members["notes"] = .array(notes.map { .string($0) }) }
        members["last_step"] = .integer(lastStep)
        members["started"] = .string(started.formatted(.iso8601))
        members["ended"] = ended.map { .string($0.formatted(.iso8601)) } ?? .null
        members["seed"] = .integer(seed)
        members["device"] = .string(device)
        if let precision { members["precision"] = .string(precision) }
        members["threads"] = .integer(threads)
        members["machine"] = machine.map {
            .object(["processor": .string($0.processor), "cores": .integer($0.cores)])
        }
        members["versions"] = JSONValue.object(
            JSONObject(versions.map { (key: $0.key, value: .string($0.value)) })
        ).sortingNames()
        members["inputs"] = .array(inputs.map(\.json))
        members["parents"] = .array(parents.map { .string($0) })
        members["config"] = configuration
        for (name, value) in unknownMembers { members[name] = value }
        return .object(members)
    }

    /// - Throws: ``UnexpectedMember``.
    init(_ json: JSONValue) throws {
        let reader = try MemberReader(json, within: "")
        identifier = try reader.string("id")
        command = try reader.string("command")
        commandLine = json["command_line"] == nil ? nil : try reader.string("command_line")
        configuration = try reader.value("config")
        versions = try MemberReader(reader.value("versions"), within: "versions.").strings()
        seed = try reader.integer("seed")
        device = try reader.string("device")
        precision = json["precision"] == nil ? nil : try reader.string("precision")
        threads = try reader.integer("threads")
        machine = try json["machine"].map { try Machine(MemberReader($0, within: "machine.")) }
        inputs = try reader.list("inputs").map { try Input(MemberReader($0, within: "inputs.")) }
        started = try reader.date("started")
        ended = json["ended"]?.isNull ?? true ? nil : try reader.date("ended")
        status = try Status(reader)
        notes = json["notes"]?.array?.compactMap(\.string) ?? []
        lastStep = try reader.integer("last_step")
        unknownMembers = JSONObject(reader.object.filter { !Self.knownNames.contains($0.key) })
    }
}

extension Machine {
    fileprivate init(_ reader: MemberReader) throws {
        self.init(processor: try reader.string("processor"), cores: try reader.integer("cores"))
    }
}

extension RunManifest.Input {
    fileprivate var json: JSONValue {
        var members: JSONObject = ["role": .string(role), "path": .string(path), "sha256": .string(sha256)]
        members["run"] = run.map(JSONValue.string)
        return .object(members)
    }

    fileprivate init(_ reader: MemberReader) throws {
        self.init(
            role: try reader.string("role"), path: try reader.string("path"),
            sha256: try reader.string("sha256"),
            run: reader.object["run"] == nil ? nil : try reader.string("run"))
    }
}

extension RunManifest.Status {
    fileprivate var name: String {
        switch self {
        case .running: "running"
        case .finished: "finished"
        case .interrupted: "interrupted"
        case .failed: "failed"
        }
    }

    fileprivate init(_ reader: MemberReader) throws {
        switch try reader.string("status") {
        case "running": self = .running
        case "finished": self = .finished
        case "interrupted": self = .interrupted
        case "failed": self = .failed(reason: try reader.string("reason"))
        case let other:
            throw UnexpectedMember(
                expected: "\"status\" to be running, finished, interrupted or failed", found: "\"\(other)\"")
        }
    }
}

/// Takes members of one object by name and kind.
private struct MemberReader {
    let object: JSONObject
    /// Names the object in errors: its path with a dot at the end.
    let prefix: String

    init(_ value: JSONValue, within prefix: String) throws {
        guard let object = value.object else {
            throw UnexpectedMember(
                expected: "\(prefix.isEmpty ? "the file" : prefix) to be an object", found: value.text())
        }
        self.object = object
        self.prefix = prefix
    }

    func value(_ name: String) throws -> JSONValue {
        guard let value = object[name] else {
            throw UnexpectedMember(expected: "\"\(prefix)\(name)\"", found: "none")
        }
        return value
    }

    func string(_ name: String) throws -> String { try converted(name, "a text", \.string) }
    func integer(_ name: String) throws -> Int { try converted(name, "a whole number", \.integer) }
    func list(_ name: String) throws -> [JSONValue] { try converted(name, "a list", \.array) }

    func date(_ name: String) throws -> Date {
        try converted(name, "a date such as 2026-01-31T12:00:00Z") {
            $0.string.flatMap { try? Date($0, strategy: .iso8601) }
        }
    }

    func strings() throws -> [String: String] {
        try object.keys.reduce(into: [:]) { $0[$1] = try string($1) }
    }

    private func converted<Value>(
        _ name: String, _ kind: String, _ convert: (JSONValue) -> Value?
    ) throws -> Value {
        let value = try value(name)
        guard let converted = convert(value) else {
            throw UnexpectedMember(expected: "\"\(prefix)\(name)\" to be \(kind)", found: value.text())
        }
        return converted
    }
}
