import Foundation

/// A member of a JSON object that is missing or not what it has to be.
struct UnexpectedMember: Error {
    let expected: String
    let found: String
}

extension RunManifest {
    private static let knownNames: Set<String> = [
        "id", "command", "config", "versions", "seed", "device", "threads", "inputs", "parents", "started",
        "ended",
        "status", "reason", "last_step",
    ]

    var json: ManifestValue {
        var members: [ManifestValue.Member] = [
            .init("id", .string(identifier)),
            .init("command", .string(command)),
            .init("status", .string(status.name)),
        ]
        if case .failed(let reason) = status { members.append(.init("reason", .string(reason))) }
        members += [
            .init("last_step", .integer(lastStep)),
            .init("started", .string(started.formatted(.iso8601))),
            .init("ended", ended.map { .string($0.formatted(.iso8601)) } ?? .null),
            .init("seed", .integer(seed)),
            .init("device", .string(device)),
            .init("threads", .integer(threads)),
            .init(
                "versions",
                .object(versions.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })),
            .init("inputs", .array(inputs.map(\.json))),
            .init("parents", .array(parents.map { .string($0) })),
            .init("config", configuration),
        ]
        return .object(members + unknownMembers)
    }

    /// - Throws: ``UnexpectedMember``.
    init(_ json: ManifestValue) throws {
        let reader = try MemberReader(json, within: "")
        identifier = try reader.string("id")
        command = try reader.string("command")
        configuration = try reader.value("config")
        versions = try MemberReader(reader.value("versions"), within: "versions.").strings()
        seed = try reader.integer("seed")
        device = try reader.string("device")
        threads = try reader.integer("threads")
        inputs = try reader.list("inputs").map { try Input(MemberReader($0, within: "inputs.")) }
        started = try reader.date("started")
        ended = json["ended"] == nil || json["ended"] == .null ? nil : try reader.date("ended")
        status = try Status(reader)
        lastStep = try reader.integer("last_step")
        unknownMembers = (json.members ?? []).filter { !Self.knownNames.contains($0.name) }
    }
}

extension RunManifest.Input {
    fileprivate var json: ManifestValue {
        var members: [ManifestValue.Member] = [
            .init("role", .string(role)), .init("path", .string(path)), .init("sha256", .string(sha256)),
        ]
        if let run { members.append(.init("run", .string(run))) }
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
    let object: ManifestValue
    /// Names the object in errors: its path with a dot at the end.
    let prefix: String

    init(_ value: ManifestValue, within prefix: String) throws {
        object = value
        self.prefix = prefix
        guard value.members != nil else {
            throw UnexpectedMember(
                expected: "\(prefix.isEmpty ? "the file" : prefix) to be an object", found: value.text)
        }
    }

    func value(_ name: String) throws -> ManifestValue {
        guard let value = object[name] else {
            throw UnexpectedMember(expected: "\"\(prefix)\(name)\"", found: "none")
        }
        return value
    }

    func string(_ name: String) throws -> String { try converted(name, "a text", \.string) }
    func integer(_ name: String) throws -> Int { try converted(name, "a whole number", \.integer) }
    func list(_ name: String) throws -> [ManifestValue] { try converted(name, "a list", \.elements) }

    func date(_ name: String) throws -> Date {
        try converted(name, "a date such as 2026-01-31T12:00:00Z") {
            $0.string.flatMap { try? Date($0, strategy: .iso8601) }
        }
    }

    func strings() throws -> [String: String] {
        let names = (object.members ?? []).map(\.name)
        return Dictionary(uniqueKeysWithValues: try names.map { ($0, try string($0)) })
    }

    private func converted<Value>(
        _ name: String, _ kind: String, _ convert: (ManifestValue) -> Value?
    ) throws -> Value {
        let value = try value(name)
        guard let converted = convert(value) else {
            throw UnexpectedMember(expected: "\"\(prefix)\(name)\" to be \(kind)", found: value.text)
        }
        return converted
    }
}
