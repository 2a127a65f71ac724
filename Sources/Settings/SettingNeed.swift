import Yams

/// What must stand beside a setting for it to do anything.
///
/// A setting that is off, or as it is by default, asks for nothing and needs nothing. Any other that would do nothing is
/// refused, so that nobody waits for what never comes. A key by which another tool knows the setting is noted instead: files
/// of such tools run as they are.
public struct SettingNeed: Sendable {
    fileprivate enum Condition {
        /// One of these keys is on.
        case beside([String])
        /// None of these keys is on.
        case without([String])
        /// The key has one of these values, or has it in its list.
        case chosen(String, [String])
        /// One of these keys is set by whoever wrote the setting, whatever it is set to.
        case stated([String])
    }

    /// What is done about a setting without what it needs.
    enum Telling {
        case refused, noted
        /// Somebody else refuses it.
        case elsewhere
    }

    private var conditions: [Condition]
    /// What becomes of a setting without what it needs.
    private var consequence = Self.idleness
    private static let idleness = "it does nothing otherwise"
    private(set) var telling = Telling.refused

    /// A setting that acts beside another: one of these keys is to be on.
    public static func beside(_ keys: String...) -> SettingNeed { SettingNeed(conditions: [.beside(keys)]) }

    /// A setting in whose place another decides: none of these keys is to be on.
    public static func without(_ keys: String...) -> SettingNeed { SettingNeed(conditions: [.without(keys)]) }

    /// A setting of some choices alone.
    public static func choice<Choice: RawRepresentable<String>>(
        _ key: String, of choices: [Choice]
    ) -> SettingNeed {
        SettingNeed(conditions: [.chosen(key, choices.map(\.rawValue))])
    }

    /// A setting from which other tools conclude what Heed takes from another key: one of these is to be set beside it.
    public static func stated(_ keys: String...) -> SettingNeed { SettingNeed(conditions: [.stated(keys)]) }

    /// Both at once.
    public func and(_ other: SettingNeed) -> SettingNeed {
        var both = self
        both.conditions += other.conditions
        return both
    }

    /// What is harmless without what it needs is told and not refused.
    public func noted(as consequence: String? = nil) -> SettingNeed {
        var noted = self
        noted.telling = .noted
        noted.consequence = consequence ?? self.consequence
        return noted
    }

    /// What is refused or allowed by rules of its own, and yet does nothing without what it needs.
    public var toldElsewhere: SettingNeed {
        var need = self
        need.telling = .elsewhere
        return need
    }

    /// What is missing beside a setting.
    struct Lack {
        let expected: String
        let found: String
    }

    /// Whether the setting does nothing.
    func makesIdle(in values: [String: Node]) -> Bool {
        consequence == Self.idleness && lack(in: values, stated: Set(values.keys)) != nil
    }

    /// - Parameters:
    ///   - values: of all keys of the configuration.
    ///   - stated: the keys that somebody set.
    func lack(in values: [String: Node], stated: Set<String>) -> Lack? {
        conditions.lazy.compactMap { $0.lack(in: values, stated: stated) }.first.map {
            Lack(expected: "\($0.expected) beside it, as \(consequence)", found: $0.found)
        }
    }
}

extension SettingNeed.Condition {
    fileprivate func lack(in values: [String: Node], stated: Set<String>) -> SettingNeed.Lack? {
        switch self {
        case .stated(let keys):
            return stated.isDisjoint(with: keys)
                ? .init(expected: keys.joined(separator: " or "), found: "none") : nil
        case .beside(let keys):
            // A key that this verb does not have is none to ask for.
            let known = keys.filter { values[$0] != nil }
            guard !known.contains(where: { values[$0]?.isOff == false }) else { return nil }
            let found = known.count == 1 ? values[known[0]]?.shown : nil
            return .init(expected: known.joined(separator: " or "), found: found ?? "none")
        case .without(let keys):
            guard let other = keys.first(where: { values[$0]?.isOff == false }) else { return nil }
            return .init(expected: "no \(other)", found: values[other]?.shown ?? "a list")
        case .chosen(let key, let choices):
            let found = values[key]?.texts ?? []
            guard !found.contains(where: choices.contains) else { return nil }
            return .init(
                expected: "\(key) \(choices.joined(separator: " or "))", found: found.joined(separator: ", "))
        }
    }
}

extension Node {
    /// Whether a setting of this value asks for nothing.
    var isOff: Bool {
        switch self {
        case .scalar(let scalar):
            scalar.isNull || scalar.string.isEmpty || scalar.string == "false" || Double(scalar.string) == 0
        case .sequence(let list): list.isEmpty
        case .mapping(let mapping): mapping.isEmpty
        case .alias: false
        }
    }

    /// A value as messages quote it; nil for null and for what is no scalar.
    fileprivate var shown: String? { scalar.flatMap { $0.isNull ? nil : $0.string } }
}
