import Evaluation
import Foundation
import Settings
import Verbs
import Yams

/// The stages of a study: a recipe that grows, as settings are chosen by what earlier stages found.
///
/// Models lie below `models/`, and need not be there once they are measured; what was measured lies below `measured/`, small
/// enough to be committed.
struct StudyPlan {
    static let startName = "start"
    static let models = "models"
    static let measured = "measured"
    /// `${study.NAME}` in an arm.
    static let ownValues = "study"
    /// What no arm can be called.
    static let ownNames = [
        startName, rewardModelName, unpairedName, groupsName, peopleName, capabilitiesName,
    ]
    static let peopleName = "people"
    static let rewardModelName = "reward-model"
    private static let unpairedName = "unpaired-judgments"

    /// What a part of the study is about: all arms by the study's judges, or one policy by those of groups.
    struct Scope {
        var arms: [StudyArm]
        /// What `${study.NAME}` stands for, besides what the study makes.
        var values: [String: Setting]
        var judges: [StudyInput.Judge]
        var perplexity: Setting?
        var stations: Int
        /// Where the models lie that several trainings learn from.
        var models = StudyPlan.models
        /// The folder of the start's measurements, whose answers every model is held against; nil: it is not.
        var comparesWithStart: String?
    }

    let file: StudyFile
    let scope: Scope
    private let verbs: [Verb]
    /// Settings that each verb of an arm knows.
    private let keys: [String: Set<String>]

    /// The same study with another scope.
    init(_ plan: StudyPlan, _ scope: Scope) {
        (file, verbs, keys, self.scope) = (plan.file, plan.verbs, plan.keys, scope)
    }

    init(_ file: StudyFile, verbs: [Verb]) {
        (self.file, self.verbs) = (file, verbs)
        scope = Scope(
            arms: file.arms, values: file.values, judges: file.judges, perplexity: file.perplexity,
            stations: file.stations)
        let used = file.arms.flatMap { arm -> [Verb] in
            guard case .trained(let stages) = arm.kind else { return [] }
            return stages.map(\.verb)
        }
        keys = Dictionary(used.map { ($0.name, $0) }) { first, _ in first }.mapValues(\.keys)
    }

    // MARK: Names

    static func start(_ side: String) -> String { "\(measured)/\(startName)/\(side)" }
    private var rewardModelStage: String { "\(scope.models)/\(Self.rewardModelName)" }
    private var unpairedStage: String { "\(scope.models)/\(Self.unpairedName)" }
    static let rewardModelReport = "\(measured)/reward-model"

    /// One training of an arm: `seed-2`, `trial-3`, `trial-3-of-15`.
    static func measurement(of arm: StudyArm, _ training: String) -> String {
        "\(measured)/\(arm.name)/\(training)"
    }

    static func isModel(_ name: String, of arm: StudyArm) -> Bool {
        name.hasPrefix("\(models)/\(arm.name)/")
    }

    static func isStage(_ name: String, of arm: StudyArm) -> Bool {
        isModel(name, of: arm) || name.hasPrefix(measurement(of: arm, ""))
    }

    /// Whether a stage belongs to one of the trainings of an arm.
    static func isStage(_ name: String, of arm: StudyArm, _ training: String) -> Bool {
        ["\(models)/\(arm.name)/\(training)", measurement(of: arm, training)].contains {
            name == $0 || name.hasPrefix($0 + "/")
        }
    }

    // MARK: What comes before the arms

    /// What the file says of how everything is made, the reward model, and the start's own answers.
    func groundwork() throws -> [RecipeFile.Entry] {
        var entries = try file.preparation + sharedModels()
        if needs(Self.rewardModelName), scope.values["held-out-judgments"] != nil {
            entries.append(
                try entry(
                    Self.rewardModelReport, "evaluate",
                    fixed: [
                        ("reward_model", "${study.reward-model}"),
                        ("comparisons", "${study.held-out-judgments}"),
                    ]))
        }
        let sides = ["test"] + (file.search == nil ? [] : ["validation"])
        return try entries
            + sides.map {
                try measurement(Self.start($0), of: "${study.start}", on: $0, seed: file.seed)
            } + capabilityGroundwork()
    }

    /// What several trainings learn from.
    func sharedModels() throws -> [RecipeFile.Entry] {
        var entries: [RecipeFile.Entry] = []
        if needs(Self.rewardModelName) { entries.append(try rewardModel()) }
        if needs(Self.unpairedName) {
            entries.append(try entry(unpairedStage, "unpair", fixed: [("data", "${study.judgments}")]))
        }
        return entries
    }

    func rewardModel() throws -> RecipeFile.Entry {
        try entry(
            rewardModelStage, "reward", shared: file.training, own: file.rewardModel,
            fixed: [("model", "${study.start}"), ("train", "${study.judgments}")])
    }

    /// Whether any arm refers to something of the study.
    private func needs(_ name: String) -> Bool { scope.arms.contains { $0.mentions(name) } }

    // MARK: Arms

    /// One training of an arm and what is measured on it.
    ///
    /// - Parameters:
    ///   - training: its name.
    ///   - chosen: settings of its last stage that a search found.
    ///   - updates: of all its stages; nil: as the file says.
    ///   - side: the prompts that it is measured on.
    func training(
        _ training: String, of arm: StudyArm, seed: Int, chosen: [Setting] = [], updates: Int? = nil,
        on side: String
    ) throws -> [RecipeFile.Entry] {
        let measured = Self.measurement(of: arm, training)
        let showsWay = side == "test" && scope.stations > 0
        guard case .trained(let stages) = arm.kind else {
            var further = Self.best(of: arm)
            if showsWay { further.append(("stations", "true")) }
            return [
                try measurement(
                    measured, of: "${study.start}", on: side, seed: seed, likeness: measured, further: further
                )
            ]
        }
        let folder = "\(Self.models)/\(arm.name)/\(training)"
        let names = Dictionary(
            uniqueKeysWithValues: stages.map {
                ($0.name, stages.count == 1 ? folder : "\(folder)/\($0.name)")
            })
        var entries = try stages.enumerated().map { index, stage in
            let isLast = index == stages.count - 1
            return try self.stage(
                stage, of: arm, names: names, seed: seed, chosen: isLast ? chosen : [],
                updates: (updates ?? file.budget.updates).map { max(1, $0 / stages.count) }, isLast: isLast)
        }
        let runs = entries.filter { $0.verb.guide != nil }.map { Node("${\($0.name).run}") }
        let likeness = "\(arm.likeness) measured on \(side)"
        entries.append(
            try measurement(
                measured, of: entries.last.map { "${\($0.name)}" } ?? "", on: side, seed: seed,
                likeness: likeness, runs: runs, further: showsWay ? [("stations", "true")] : []))
        return entries
    }

    /// How many answers the best is taken of, where an arm trains nothing.
    static func best(of arm: StudyArm) -> [(String, String)] {
        if case .bestOf(let n) = arm.kind { [("best", "\(n)")] } else { [] }
    }

    private func stage(
        _ stage: RecipeFile.Entry, of arm: StudyArm, names: [String: String], seed: Int, chosen: [Setting],
        updates: Int?, isLast: Bool
    ) throws -> RecipeFile.Entry {
        let own = stage.settings.map { setting in
            setting.resolvingReferences { reference in
                names[reference.stage].map { name in
                    "${" + name + (reference.part.map { ".\($0)" } ?? "") + "}"
                } ?? reference.text
            }
        }
        let settings = own.replaced(by: chosen)
        let rounds = settings.first { $0.key == "rounds" }?.node.int ?? 1
        var usual: [(String, String)] = []
        if let updates {
            let steps = max(1, updates / rounds)
            usual.append(("max_steps", "\(steps)"))
            if isLast, rounds == 1, scope.stations > 0 {
                usual += [
                    ("checkpoint_every", "\(max(1, steps / (scope.stations + 1)))"),
                    ("keep_checkpoints", "1000"),
                ]
            }
        }
        let shared =
            file.training + file.answers.filter { Self.isOfSampling($0) } + written(usual)
            + [seedSetting(seed)]
        return try entry(
            names[stage.name] ?? stage.name, stage.verb, shared: shared, own: settings,
            fixed: settings.contains { $0.key == "model" || $0.key == "student" }
                || !knows("model", stage.verb)
                ? [] : [("model", "${study.start}")],
            likeness: "\(arm.likeness) \(stage.name) \(updates ?? 0)",
            expectedSeconds: stage.expectedSeconds)
    }

    /// How an arm samples while it learns; how many answers it takes is its own matter.
    private static func isOfSampling(_ setting: Setting) -> Bool {
        !["n", "limit", "greedy"].contains(setting.key)
    }

    func measurement(
        _ name: String, of model: String, on side: String, seed: Int, likeness: String? = nil,
        runs: [Node] = [], further: [(String, String)] = []
    ) throws -> RecipeFile.Entry {
        let proxy = needs("reward-model") ? [("proxy", "reward-model:model=${study.reward-model}")] : []
        let judges = scope.judges.flatMap { judge in judge.rewards.map { Node("\(judge.name)=\($0)") } }
        var own = file.answers + [Setting(key: "judges", node: Node(judges), origin: .defaults)]
        if let perplexity = scope.perplexity, side == "test" { own.append(perplexity) }
        if !runs.isEmpty { own.append(Setting(key: "runs", node: Node(runs), origin: .defaults)) }
        // Of the start itself nothing has shifted.
        let shift = side == "test" && model != "${study.start}" ? scope.comparesWithStart : nil
        return try entry(
            name, "measure", shared: [seedSetting(seed)], own: own,
            fixed: [("model", model), ("start", "${study.start}"), ("prompts", "${study.\(side)}")] + proxy
                + (shift.map { [("shift_of", "${\($0)/test}")] } ?? []) + further, likeness: likeness)
    }

    // MARK: Entries

    private func seedSetting(_ seed: Int) -> Setting {
        Setting(key: "seed", node: Node("\(seed)"), origin: .defaults)
    }

    private func written(_ pairs: [(String, String)]) -> [Setting] {
        pairs.map { Setting(key: $0.0, node: Node($0.1), origin: .defaults) }
    }

    func entry(
        _ name: String, _ verb: String, shared: [Setting] = [], own: [Setting] = [],
        fixed: [(String, String)], likeness: String? = nil
    ) throws -> RecipeFile.Entry {
        guard let verb = verbs.first(where: { $0.name == verb }) else {
            throw RecipeError.unknownVerb(verb, .defaults, known: verbs.map(\.name))
        }
        return try entry(name, verb, shared: shared, own: own, fixed: fixed, likeness: likeness)
    }

    private func entry(
        _ name: String, _ verb: Verb, shared: [Setting], own: [Setting], fixed: [(String, String)],
        likeness: String?, expectedSeconds: Double? = nil
    ) throws -> RecipeFile.Entry {
        let all = try own.replaced(by: written(fixed)).map {
            try $0.replacingStudyValues(scope.values, made)
        }
        return RecipeFile.Entry(
            name: name, verb: verb, origin: .defaults, expectedSeconds: expectedSeconds, settings: all,
            shared: shared.filter { setting in !all.contains { $0.key == setting.key } },
            likeness: likeness, isIntermediate: name.hasPrefix(Self.models + "/"))
    }

    /// What the study itself makes of its values.
    private var made: [String: String] {
        [Self.rewardModelName: "${\(rewardModelStage)}", Self.unpairedName: "${\(unpairedStage)}"]
    }

    func keys(of verb: Verb) -> Set<String> { keys[verb.name] ?? [] }

    func knows(_ key: String, _ verb: Verb) -> Bool { keys(of: verb).contains(key) }
}

extension Verb {
    /// All settings that it knows.
    fileprivate var keys: Set<String> {
        let reader = ConfigurationReader(settings: [], shared: [], flags: [])
        guard let yaml = try? prepare(reader).yaml, let node = try? Yams.compose(yaml: yaml) else {
            return []
        }
        return Set(node.mapping?.keys.compactMap(\.string) ?? [])
    }
}

extension StudyArm {
    /// Whether it refers to something of the study.
    func mentions(_ name: String) -> Bool {
        switch kind {
        case .bestOf: name == StudyPlan.rewardModelName
        case .trained(let entries):
            entries.contains { $0.settings.contains { $0.node.mentions("${study.\(name)}") } }
        }
    }
}

extension Node {
    fileprivate func mentions(_ text: String) -> Bool {
        switch self {
        case .scalar(let scalar): scalar.string.contains(text)
        case .sequence(let list): list.contains { $0.mentions(text) }
        case .mapping(let mapping): mapping.contains { $0.value.mentions(text) }
        case .alias: false
        }
    }
}

extension Setting {
    /// With what the file of a study says in place of `${study.NAME}`; where that alone is written, lists too.
    ///
    /// - Parameters:
    ///   - values: what stands in the file.
    ///   - made: what the study makes.
    /// - Throws: ``StudyMistake`` where the file says nothing of it.
    fileprivate func replacingStudyValues(_ values: [String: Setting], _ made: [String: String]) throws
        -> Setting
    {
        func value(of name: String) throws -> Node {
            if let text = made[name] { return Node(text) }
            if let value = values[name] { return value.node }
            let known = (Array(values.keys) + Array(made.keys)).sorted().joined(separator: ", ")
            throw StudyMistake(
                origin: origin,
                text: "\(key): '${study.\(name)}' is nothing that the study has; it has \(known)")
        }
        func replaced(_ node: Node) throws -> Node {
            switch node {
            case .scalar(let scalar):
                let text = scalar.string
                if text.hasPrefix("${study."), text.hasSuffix("}"), text.count(where: { $0 == "$" }) == 1 {
                    return try value(of: String(text.dropFirst("${study.".count).dropLast()))
                }
                return try Setting(key: key, node: node, origin: origin).resolvingReferences { reference in
                    guard reference.stage == StudyPlan.ownValues else { return reference.text }
                    return try value(of: reference.part ?? "").string ?? reference.text
                }.node
            case .sequence(let list):
                return Node(
                    try list.flatMap { item in
                        let node = try replaced(item)
                        return node.sequence.map(Array.init) ?? [node]
                    })
            case .mapping, .alias: return node
            }
        }
        return Setting(key: key, node: try replaced(node), origin: origin)
    }
}
