import Errors
import Evaluation
import Foundation
import Models
import Settings
import Statistics
import Verbs
import Yams

/// A study as it is written: one start, one set of judgments, one budget, and arms that make the start better.
struct StudyFile {
    let name: String
    let output: String
    /// Settings of all stages that know them: seed, device, precision and threads, and the start as the model.
    let shared: [Setting]
    let seed: Int
    /// Stages that make what the rest refers to.
    let preparation: [RecipeFile.Entry]
    /// What `${study.NAME}` stands for in arms: paths, references to stages, or lists of them.
    let values: [String: Setting]
    /// How answers are sampled, and prompts laid out.
    let answers: [Setting]
    let judges: [StudyInput.Judge]
    let perplexity: Setting?
    /// Of every arm that knows them.
    let training: [Setting]
    let rewardModel: [Setting]
    let budget: StudyInput.Budget
    let arms: [StudyArm]
    /// Trainings of each arm.
    let seeds: Int
    let search: StudySearch?
    let analysis: StudyInput.Analysis
    /// Checkpoints of each training that are measured on its way.
    let stations: Int
    /// What else arms can do.
    let capabilities: [StudyCapability]
    /// Whose preferences are learned apart; nil: nobody's.
    let groups: StudyGroups?

    static let keys = [
        "name", "output", "model", "models", "seed", "device", "precision", "threads", "stages", "prompts",
        "judgments",
        "held_out_judgments", "demonstrations", "answers", "judges", "perplexity", "training", "reward_model",
        "budget", "arms", "seeds", "search", "analysis", "stations", "groups",
        "capabilities",
    ]

    /// What the measurements of a study say of how answers come about.
    static let answerKeys = SamplerConfiguration.keys + ["chat_prompts", "limit"]

    /// Names of the models of which each has the whole study; nil where there is one without a name.
    ///
    /// - Throws: `ConfigurationError` where the file is no YAML, `StudyMistake` where models have no names.
    static func modelNames(in file: URL) throws -> [String]? {
        let settings = try SettingList(contentsOf: file).settings
        guard let setting = settings.first(where: { $0.key == "models" }) else { return nil }
        let names = setting.node.mapping?.keys.compactMap(\.string) ?? []
        let areWords = names.allSatisfy { name in
            !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
        }
        guard !names.isEmpty, areWords else {
            throw StudyMistake.unfit(
                setting, expected: "names of letters, digits, '-' and '_' with a model each")
        }
        if let other = settings.first(where: { $0.key == "model" }) {
            throw StudyMistake(
                origin: other.origin, text: "'model' stands beside 'models'; name all models there")
        }
        return names
    }

    /// - Parameter model: the one of several whose study it is, by its name.
    /// - Throws: `ConfigurationError` where the file is no YAML; whatever else is wrong is gathered in `mistakes`.
    init(
        contentsOf file: URL, model chosen: String? = nil, verbs: [Verb], _ mistakes: inout Mistakes
    ) throws {
        let path = file.relativePath
        let place = SettingOrigin.file(path, line: nil)
        let whole = StudySection(
            try SettingList(contentsOf: file).settings, named: "a study", keys: Self.keys, origin: place,
            &mistakes)
        func section(_ key: String, named name: String? = nil, keys: [String]?) throws -> StudySection {
            try StudySection(
                whole[key], named: name ?? "'\(key)'", keys: keys, file: path, place: place, &mistakes)
        }
        let ownName = file.deletingPathExtension().lastPathComponent
        let word = try mistakes.gather { try whole["name"]?.word() ?? ownName } ?? ownName
        name = word + (chosen.map { ", \($0)" } ?? "")
        let folder = "runs/\(word)"
        output = try mistakes.gather { try whole["output"]?.text() ?? folder } ?? folder
        let model =
            try section("models", keys: nil).settings.first { $0.key == chosen }.map {
                Setting(key: "model", node: $0.node, origin: $0.origin)
            } ?? whole["model"]
        // A start that a stage makes is not there for the stages before it.
        let isMade = model?.texts.contains { $0.contains("${") } ?? false
        shared = RecipeFile.sharedKeys.compactMap { $0 == "model" ? (isMade ? nil : model) : whole[$0] }
        seed = whole.count("seed", in: 0...(1 << 40), &mistakes) ?? RunConfiguration().seed
        preparation =
            try whole["stages"].map {
                try RecipeFile.entries($0, place: place, file: file, verbs: verbs, &mistakes).0
            } ?? []

        let prompts = try section("prompts", keys: ["train", "validation", "test"])
        var values: [String: Setting] = [:]
        values["start"] =
            chosen != nil ? model : whole.required("model", expected: "the start of all arms", &mistakes)
        values["test"] = prompts.required("test", expected: "prompts that nothing is chosen by", &mistakes)
        (values["train"], values["validation"]) = (prompts["train"], prompts["validation"])
        (values["judgments"], values["demonstrations"]) = (whole["judgments"], whole["demonstrations"])
        values["held-out-judgments"] = whole["held_out_judgments"]

        answers = try section("answers", keys: Self.answerKeys).settings
        judges = try section("judges", keys: nil).settings.map {
            StudyInput.Judge(name: $0.key, rewards: $0.texts)
        }
        for judge in judges where judge.rewards.isEmpty || judge.name.contains(where: { "=:".contains($0) }) {
            mistakes.add(
                StudyMistake(
                    origin: whole["judges"]?.origin ?? place,
                    text: "judges: expected rewards under a name without '=' and ':', found '\(judge.name)'"))
        }
        if judges.isEmpty, whole["judges"].map(\.isNull) ?? true {
            mistakes.add(
                StudyMistake.missing(
                    "judges", in: "a study", place, expected: "who judges: names with rewards"))
        }
        perplexity = whole["perplexity"]
        training = try section("training", keys: nil).settings
        rewardModel = try section("reward_model", keys: nil).settings

        let budget = try section("budget", keys: ["updates", "tokens", "seconds"])
        self.budget = StudyInput.Budget(
            updates: budget.count("updates", in: 1...1_000_000_000, &mistakes),
            tokens: budget.count("tokens", in: 1...1_000_000_000_000, &mistakes),
            seconds: budget.number("seconds", in: 1...1e9, &mistakes))
        seeds = whole.count("seeds", in: 1...1000, &mistakes) ?? 3
        stations = whole.count("stations", in: 0...100, &mistakes) ?? 0
        search = try Self.search(try section("search", keys: StudySearch.keys), file: path, &mistakes)
        arms = try Self.arms(
            whole["arms"], file: path, place: place, hasDemonstrations: values["demonstrations"] != nil,
            verbs,
            &mistakes)
        let plan = try section("analysis", keys: Self.analysisKeys)
        var analysis = try Self.analysis(plan, file: path, &mistakes)
        analysis.pairs = Self.pairs(plan, arms: arms.map(\.name), &mistakes)
        self.analysis = analysis
        self.values = values
        capabilities = try section("capabilities", keys: nil).settings.compactMap {
            try StudyCapability($0, file: path, &mistakes)
        }
        groups = try StudyGroups(try section("groups", keys: StudyGroups.keys), file: path, &mistakes)
        checkTogether(place, &mistakes)
    }

    // MARK: Sections

    private static func search(
        _ section: StudySection, file: String, _ mistakes: inout Mistakes
    ) throws -> StudySearch? {
        guard !section.settings.isEmpty else { return nil }
        var search = StudySearch()
        search.procedure = section.word("by", default: search.procedure, &mistakes)
        search.trials = section.count("trials", in: 2...1000, &mistakes) ?? search.trials
        search.criterion = section.word("criterion", default: search.criterion, &mistakes)
        search.updates = section.count("updates", in: 1...1_000_000_000, &mistakes)
        let space = try StudySection(
            section["space"], named: "the space of the search", keys: nil, file: file, place: section.origin,
            &mistakes)
        search.space = try space.settings.compactMap { axis in try mistakes.gather { try SearchAxis(axis) } }
        return search
    }

    private static let analysisKeys = ["smallest_effect", "level", "power", "compare", "spread"]

    private enum Compared: String, CaseIterable { case all, start }

    /// The comparisons that are decided: a word for all of them, or a list of pairs of arms.
    private static func pairs(
        _ section: StudySection, arms: [String], _ mistakes: inout Mistakes
    ) -> [[String]]? {
        guard let setting = section["compare"], let list = setting.node.sequence else {
            let compared = section.word("compare", default: Compared.all, &mistakes)
            return compared == .all ? nil : arms.map { [$0, StudyPlan.startName] }
        }
        let known = [StudyPlan.startName] + arms
        let pairs = list.map { Setting(key: setting.key, node: $0, origin: setting.origin).texts }
        for pair in pairs where pair.count != 2 || Set(pair).count != 2 || !pair.allSatisfy(known.contains) {
            mistakes.add(
                StudyMistake(
                    origin: setting.origin,
                    text: "compare: expected two of \(known.joined(separator: ", ")), found "
                        + "[\(pair.joined(separator: ", "))]"))
        }
        return pairs
    }

    private static func analysis(
        _ section: StudySection, file: String, _ mistakes: inout Mistakes
    ) throws -> StudyInput.Analysis {
        var analysis = StudyInput.Analysis()
        let share = 0.0001...0.4999
        if let effect = section.number("smallest_effect", in: share, &mistakes) {
            analysis.smallestEffect = effect
        }
        if let level = section.number("level", in: share, &mistakes) { analysis.level = level }
        if let power = section.number("power", in: 0.5...0.9999, &mistakes) { analysis.power = power }
        let spread = try StudySection(
            section["spread"], named: "the spread of the analysis",
            keys: ["trainings", "prompts", "answers"],
            file: file, place: section.origin, &mistakes)
        let usual = analysis.spread
        analysis.spread = ComparisonSpread(
            trainings: spread.number("trainings", in: 0...1, &mistakes) ?? usual.trainings,
            prompts: spread.number("prompts", in: 0...1, &mistakes) ?? usual.prompts,
            answers: spread.number("answers", in: 0...1, &mistakes) ?? usual.answers)
        return analysis
    }

    private static func arms(
        _ setting: Setting?, file: String, place: SettingOrigin, hasDemonstrations: Bool, _ verbs: [Verb],
        _ mistakes: inout Mistakes
    ) throws -> [StudyArm] {
        guard let setting, let list = setting.node.sequence, !list.isEmpty else {
            mistakes.add(
                StudyMistake.missing(
                    "arms", in: "a study", setting?.origin ?? place, expected: "a list of arms"))
            return []
        }
        let builtIn = StudyArm.builtIn(hasDemonstrations: hasDemonstrations)
        var arms: [StudyArm] = []
        // The start is always there.
        for node in list where node.scalar?.string != StudyPlan.startName {
            do {
                let arm = try StudyArm(node, file: file, builtIn: builtIn, verbs: verbs, &mistakes)
                guard !(arms.map(\.name) + StudyPlan.ownNames).contains(arm.name) else {
                    throw StudyMistake(
                        origin: arm.origin,
                        text: "something else is called '\(arm.name)'; give each arm its own name")
                }
                arms.append(arm)
            } catch let error as any CategorizedError {
                mistakes.add(error)
            }
        }
        return arms
    }

    /// What sections ask of each other.
    private func checkTogether(_ place: SettingOrigin, _ mistakes: inout Mistakes) {
        if let stage = preparation.first(where: { $0.name == StudyPlan.ownValues }) {
            mistakes.add(
                StudyMistake(
                    origin: stage.origin,
                    text:
                        "a stage is called '\(stage.name)', by which arms name what the study has; call it otherwise"
                ))
        }
        if let groups, values["validation"] == nil {
            mistakes.add(
                StudyMistake.missing(
                    "validation", in: "'prompts'", groups.origin,
                    expected: "prompts on which the worst-off group is found"))
        }
        guard let search else { return }
        if values["validation"] == nil {
            mistakes.add(
                StudyMistake.missing(
                    "validation", in: "'prompts'", place, expected: "prompts for the search to choose by"))
        }
        if search.procedure == .halving, budget.updates == nil {
            mistakes.add(
                StudyMistake.missing(
                    "updates", in: "'budget'", place,
                    expected: "the updates that halving begins with a part of"))
        }
        if search.procedure == .halving, search.updates != nil {
            mistakes.add(
                StudyMistake(
                    origin: place,
                    text: "search: 'updates' is for random search; halving takes parts of the budget's"))
        }
    }
}
