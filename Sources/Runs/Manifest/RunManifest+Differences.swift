import JSON

extension RunManifest {
    /// What makes `other` a different run from this one, a phrase each; empty where one can continue the
    /// other.
    ///
    /// Compares the command, the seed, every setting, and the hashes of the inputs role by role. Where the
    /// inputs are, the device, threads and versions do not count.
    ///
    /// - Parameter ignored: settings that may differ, by their dotted path.
    func differences(from other: RunManifest, ignoring ignored: Set<String>) -> [String] {
        var differences: [String] = []
        func compare(_ name: String, _ mine: String?, _ theirs: String?) {
            if mine != theirs {
                differences.append("\(name) was \(mine ?? "not set") and is \(theirs ?? "not set")")
            }
        }
        compare("the command", command, other.command)
        compare("seed", String(seed), String(other.seed))
        let (settings, otherSettings) = (
            Self.settings(in: configuration), Self.settings(in: other.configuration)
        )
        for name in Set(settings.keys).union(otherSettings.keys).subtracting(ignored).sorted() {
            compare(name, settings[name], otherSettings[name])
        }
        let (roles, otherRoles) = (Self.hashes(of: inputs), Self.hashes(of: other.inputs))
        for role in Set(roles.keys).union(otherRoles.keys).sorted() where roles[role] != otherRoles[role] {
            differences.append(Self.difference(in: role, roles[role] ?? [], otherRoles[role] ?? []))
        }
        return differences
    }

    /// Whether this run and another did the same by different seeds.
    package func isRepetition(of other: RunManifest) -> Bool {
        guard seed != other.seed else { return false }
        var twin = self
        twin.seed = other.seed
        return twin.differences(from: other, ignoring: ["seed", "output"]).isEmpty
    }

    /// Every setting that is no object, by its dotted path. `1` and `1.0` are the same setting; null is none.
    private static func settings(in value: JSONValue, path: String = "") -> [String: String] {
        guard !value.isNull else { return [:] }
        guard let members = value.object else {
            if case .number(let number) = value, let integer = Int(exactly: number) {
                return [path: String(integer)]
            }
            return [path: value.text()]
        }
        return members.reduce(into: [:]) { settings, member in
            let inner = path.isEmpty ? member.key : "\(path).\(member.key)"
            settings.merge(Self.settings(in: member.value, path: inner)) { first, _ in first }
        }
    }

    private static func hashes(of inputs: [Input]) -> [String: [String]] {
        Dictionary(grouping: inputs, by: \.role).mapValues { $0.map(\.sha256) }
    }

    private static func difference(in role: String, _ mine: [String], _ theirs: [String]) -> String {
        guard mine.count == theirs.count else {
            return "the number of inputs for '\(role)' was \(mine.count) and is \(theirs.count)"
        }
        let changed = zip(mine, theirs).filter { $0 != $1 }.map { "\($0.prefix(12))… to \($1.prefix(12))…" }
        return "the content of the input '\(role)' changed from \(changed.joined(separator: " and from "))"
    }
}
