/// Metadata of one architecture, whose keys begin with its name, and the tokenizer's ids.
struct GGUFKeys {
    let metadata: [String: GGUFValue]
    let architecture: String

    func integer(_ key: String) throws -> Int? { try read(full(key), "a whole number", \.integer) }
    func number(_ key: String) throws -> Double? { try read(full(key), "a number", \.number) }
    func string(_ key: String) throws -> String? { try read(full(key), "text", \.string) }

    func required<Value>(_ key: String, _ read: (String) throws -> Value?) throws -> Value {
        guard let value = try read(key) else { throw malformed(key, expected: "a value", found: "none") }
        return value
    }

    /// The id of a special token.
    func token(_ role: String) throws -> Int? {
        try read("tokenizer.ggml.\(role)_token_id", "a token id", \.integer)
    }

    /// The ids of several roles, each once.
    func tokens(_ roles: String...) throws -> [Int] {
        try roles.compactMap(token).reduce(into: []) { ids, id in
            if !ids.contains(id) { ids.append(id) }
        }
    }

    func malformed(_ key: String, expected: String, found: String) -> CheckpointError {
        CheckpointError.malformed(nil, "metadata key '\(full(key))'", expected: expected, found: found)
    }

    func unsupported(_ key: String, expected: String, found: String) -> CheckpointError {
        CheckpointError(
            .unsupported, place: "metadata key '\(full(key))'", expected: expected, found: found,
            remedy: "this is not supported: use another model")
    }

    private func full(_ key: String) -> String { "\(architecture).\(key)" }

    private func read<Value>(
        _ key: String, _ expected: String, _ convert: (GGUFValue) -> Value?
    ) throws -> Value? {
        guard let stored = metadata[key] else { return nil }
        guard let value = convert(stored) else {
            throw CheckpointError.malformed(
                nil, "metadata key '\(key)'", expected: expected, found: "another type of value")
        }
        return value
    }
}
