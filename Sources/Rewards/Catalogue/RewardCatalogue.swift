import Foundation
import Models
import Settings

/// The rewards that can be chosen by name, the same for every verb that takes one.
///
/// Every reward takes `weight` beside its own options. As a judge it takes `temperature` and `error` too, the two numbers of
/// ``PreferenceJudge``.
public struct RewardCatalogue: Sendable {
    /// What a reward is made from.
    public struct Request {
        public let argument: NamedArgument
        public let computation: Computation
        /// The path of VADER's lexicon unless the argument names one, for rewards with an option of that name; nil: the
        /// catalogue's.
        public let lexicon: String?
        /// Finds the reward that an option names, such as one of two between which another chooses.
        let part: (_ option: String) throws -> RewardSource
    }

    public struct Entry: Sendable {
        public let name: String
        /// What it likes, where no option says so.
        public let wish: String?
        /// Its own options and what each of them says.
        public let options: [String: String]
        /// The option that may stand first without its key; nil: none.
        public let subject: String?
        /// The judge's temperature unless the user gives one: about half the difference that two answers to one
        /// prompt usually have.
        public let temperature: Double
        /// The share of its choices that are slips unless the user gives one: programs stand in for people, who err.
        public let errorRate: Double
        /// Whether it was learned, or is a program: what it is worth is measured, not read off its rule.
        public let needsCard: Bool
        /// Its options that name rewards of which it is made.
        let parts: [String]
        /// What it reads, as the argument names it, but for its parts.
        let inputs: @Sendable (NamedArgument) -> [SettingInput]
        let find: @Sendable (Request) throws -> RewardSource

        /// - Parameters:
        ///   - wish: what it likes, for help.
        ///   - subject: the option that may stand first without its key.
        ///   - inputs: files and models that its options name.
        ///   - parts: options that name rewards, whose own options have semicolons between them.
        ///   - find: checks the argument and what it names, before anything else is done.
        public init(
            name: String, wish: String? = nil, options: [String: String], subject: String? = nil,
            temperature: Double, errorRate: Double = 0.05, needsCard: Bool = false,
            parts: [String] = [],
            inputs: @escaping @Sendable (NamedArgument) -> [SettingInput] = { _ in [] },
            find: @escaping @Sendable (Request) throws -> RewardSource
        ) {
            self.name = name
            self.wish = wish
            self.options = options
            self.subject = subject
            self.temperature = temperature
            self.errorRate = errorRate
            self.needsCard = needsCard
            self.parts = parts
            self.inputs = inputs
            self.find = find
        }

        /// A reward that nothing has to be loaded for.
        public init(
            name: String, wish: String? = nil, options: [String: String] = [:], temperature: Double,
            make: @escaping @Sendable (NamedArgument) throws -> any Reward
        ) {
            self.init(name: name, wish: wish, options: options, temperature: temperature) { request in
                let reward = try make(request.argument)
                return RewardSource(name: name) { reward }
            }
        }
    }

    private static let kind = "reward"
    private static let weightOption = "weight"
    private static let lexiconOption = "lexicon"
    private static let judgeOptions = [
        "temperature": "the score difference that counts; 0: the higher score always wins",
        "error": "the share of choices that are flipped, 0 to below 0.5",
    ]

    public private(set) var entries: [Entry]

    public init(entries: [Entry]) {
        self.entries = entries
    }

    public mutating func add(_ entry: Entry) {
        precondition(!entries.contains { $0.name == entry.name }, "reward '\(entry.name)' is there already")
        entries.append(entry)
    }

    /// The rewards of a selection, each found and checked.
    ///
    /// - Throws: `NamedArgumentError`, `InvalidSetting`, and what is wrong with the files that they name.
    public func sources(_ selection: RewardSelection, on computation: Computation) throws -> RewardSources {
        try sources(selection, furtherOptions: [], on: computation)
    }

    /// The judge that a selection makes.
    ///
    /// - Parameter errorRate: the share of flipped choices unless the selection gives one; nil: the usual one of its rewards.
    public func judge(
        _ selection: RewardSelection, errorRate: Double? = nil, seed: UInt64, on computation: Computation
    ) throws -> PreferenceJudge {
        let sources = try sources(selection, furtherOptions: Set(Self.judgeOptions.keys), on: computation)
        guard !sources.isEmpty else {
            throw InvalidSetting("judge", expected: "at least one reward", found: "none")
        }
        let numbers = try JudgeNumbers(
            selection.arguments.map(argument),
            temperature: sources.temperature,
            errorRate: errorRate ?? entries(of: selection).map(\.errorRate).max() ?? 0.05)
        var judge = PreferenceJudge(
            reward: try sources.loadSum(), temperature: numbers.temperature, errorRate: numbers.errorRate,
            seed: seed)
        judge.origin = try JudgeOrigin(
            argument: selection.arguments.joined(separator: " "),
            definition: ([Self.questions] + selection.arguments.map(definition)).joined(separator: "\n")
                + (selection.weights.map { "\n\($0)" } ?? ""),
            files: sources.inputs.map(\.url), needsCard: entries(of: selection).contains(where: \.needsCard))
        return judge
    }

    /// Raised where judges are asked otherwise: what was measured of them before then says nothing.
    private static let questions = "questions 1"

    /// A reward with its options, but for files, which are told apart by their content, and how its choices err.
    private func definition(of text: String) throws -> String {
        let argument = try argument(text)
        let entry = entry(named: argument.name)
        let paths = Set((entry?.inputs(argument) ?? []).map(\.path))
        let options = argument.values.filter { Self.judgeOptions[$0.key] == nil && !paths.contains($0.value) }
        let said = try options.sorted { $0.key < $1.key }.map { option, value in
            guard entry?.parts.contains(option) == true else { return "\(option)=\(value)" }
            return "\(option)=(\(try definition(of: Self.part(value))))"
        }
        return ([argument.name] + said).joined(separator: " ")
    }

    /// A reward within another's option, as it is written alone.
    private static func part(_ value: String) -> String { value.replacing(";", with: ",") }

    /// A reward by name and those that it is made of. A mistake in them is reported when they are found.
    private func members(of text: String) -> [(entry: Entry, argument: NamedArgument)] {
        guard let argument = try? argument(text), let entry = entry(named: argument.name) else { return [] }
        let parts = entry.parts.compactMap { argument.string($0).map(Self.part) }
        return [(entry, argument)] + parts.flatMap(members)
    }

    /// What can be chosen, in words: a line for each reward, and one for what all of them take.
    public var summary: String {
        func list(_ options: [String: String]) -> String {
            options.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
        }
        let common = [Self.weightOption: "what its score is multiplied by"]
        return
            (entries.map { entry in
                let subject = entry.subject.map { ":\($0.uppercased())" } ?? ""
                return "\(entry.name)\(subject): "
                    + ([entry.wish, list(entry.options)].compactMap(\.self).filter { !$0.isEmpty }).joined(
                        separator: "; ")
            } + [
                "All of them: \(list(common)). As judges, once for all of them together: \(list(Self.judgeOptions))."
            ]).joined(separator: "\n")
    }

    /// Whether a selection says how its choices err.
    public func setsJudge(_ selection: RewardSelection) throws -> Bool {
        try Self.judgeOptions.keys.contains { try sets($0, in: selection) }
    }

    /// Whether a reward of a selection has an option.
    package func sets(_ option: String, in selection: RewardSelection) throws -> Bool {
        try selection.arguments.contains { try argument($0).values[option] != nil }
    }

    /// The entries of a selection's rewards by name, and of those that they are made of.
    private func entries(of selection: RewardSelection) -> [Entry] {
        selection.arguments.flatMap(members).map(\.entry)
    }

    /// What the rewards of a selection read. A mistake in it is reported when they are found.
    public func inputs(of selection: RewardSelection) -> [SettingInput] {
        let byName = selection.arguments.flatMap(members).flatMap { $0.entry.inputs($0.argument) }
        return byName + .rewardModel(selection.rewardModel)
            + [selection.lexicon].compactMap { $0.map(SettingInput.data) }
    }

    /// Refuses a lexicon that no reward of these selections reads.
    /// - Throws: `InvalidSetting`.
    public func checkLexicon(of selections: [RewardSelection]) throws {
        guard selections.contains(where: { $0.lexicon != nil }) else { return }
        let arguments = selections.flatMap(\.arguments)
        let isRead = arguments.flatMap(members).contains { entry, argument in
            entry.options[Self.lexiconOption] != nil && argument.string(Self.lexiconOption) == nil
        }
        guard !isRead else { return }
        let readers = entries.filter { $0.options[Self.lexiconOption] != nil }.map(\.name)
        throw InvalidSetting(
            Self.lexiconOption,
            expected:
                "a reward beside it that reads one and names none itself (\(readers.joined(separator: ", ")))",
            found: arguments.isEmpty ? "none" : arguments.joined(separator: ", "))
    }

    private func sources(
        _ selection: RewardSelection, furtherOptions: Set<String>, on computation: Computation
    ) throws -> RewardSources {
        var found = try selection.arguments.map { text in
            let (entry, argument) = try resolved(text, furtherOptions: furtherOptions)
            let source = try source(entry, argument, lexicon: selection.lexicon, on: computation)
            if selection.weights != nil, argument.values[Self.weightOption] != nil {
                throw argument.unfit(Self.weightOption, expected: "none beside reward_weights")
            }
            let weight = try argument.number(Self.weightOption, default: 1)
            return (source: source, weight: weight, temperature: temperature(of: text))
        }
        if let model = selection.rewardModel {
            let source = try RewardModelSource(model, on: computation)
            found.append((source.reward(named: "reward_model", on: computation), 1, 1))
        }
        let arguments = selection.arguments
        if let twice = arguments.first(where: { one in arguments.count { $0 == one } > 1 }) {
            throw InvalidSetting("reward", expected: "each reward once", found: "'\(twice)' twice")
        }
        for index in found.indices {
            let alike = found[..<index].count { $0.source.kind == found[index].source.kind }
            if alike > 0 { found[index].source.name += "-\(alike + 1)" }
        }
        if let weights = selection.weights {
            guard weights.count == found.count else {
                throw InvalidSetting(
                    "reward_weights", expected: "one for each of \(found.count) rewards",
                    found: "\(weights.count)")
            }
            for index in found.indices { found[index].weight = weights[index] }
        }
        return RewardSources(found)
    }

    private func source(
        _ entry: Entry, _ argument: NamedArgument, lexicon: String?, on computation: Computation
    ) throws -> RewardSource {
        try entry.find(
            Request(argument: argument, computation: computation, lexicon: lexicon) { option in
                let text = Self.part(argument.string(option) ?? "")
                let (part, own) = try resolved(text, furtherOptions: [])
                guard own.string(Self.weightOption) == nil else {
                    throw own.unfit(Self.weightOption, expected: "none within \(argument.name)")
                }
                return try source(part, own, lexicon: lexicon, on: computation)
            })
    }

    /// That of the reward, or of the part that differs most.
    private func temperature(of text: String) -> Double {
        let all = members(of: text)
        return (all.count > 1 ? all.dropFirst() : all[...]).map(\.entry.temperature).max() ?? 0
    }

    /// By its own name, or by the one that TRL's files have for it.
    private func entry(named name: String) -> Entry? {
        entries.first { $0.name == name } ?? entries.first { $0.name == Self.namesInTRL[name] }
    }

    private static let namesInTRL = [
        "accuracy_reward": "accuracy", "format_reward": "format",
    ]

    private func argument(_ text: String) throws -> NamedArgument {
        let subjects = entries.compactMap { entry in entry.subject.map { (entry.name, $0) } }
        return try NamedArgument(text, kind: Self.kind, subjects: Dictionary(uniqueKeysWithValues: subjects))
    }

    private func resolved(_ text: String, furtherOptions: Set<String>) throws -> (Entry, NamedArgument) {
        let argument = try argument(text)
        guard let entry = entry(named: argument.name) else {
            throw NamedArgumentError.unknownName(argument.name, kind: Self.kind, known: entries.map(\.name))
        }
        try argument.check(
            options: Set(entry.options.keys).union(furtherOptions).union([Self.weightOption]))
        return (entry, argument)
    }
}

/// The numbers of a judge that several rewards make together; each is given once.
private struct JudgeNumbers {
    private(set) var temperature: Double
    private(set) var errorRate: Double

    init(_ arguments: [NamedArgument], temperature: Double, errorRate: Double) throws {
        (self.temperature, self.errorRate) = (temperature, errorRate)
        for option in ["temperature", "error"] {
            let given = arguments.filter { $0.values[option] != nil }
            if given.count > 1 {
                throw NamedArgumentError.repeatedOption(
                    option, of: given.map(\.name).joined(separator: "', '"), kind: given[0].kind)
            }
        }
        for argument in arguments {
            self.temperature = try argument.number("temperature", default: self.temperature, from: 0)
            self.errorRate = try argument.number("error", default: self.errorRate, from: 0, below: 0.5)
        }
    }
}
