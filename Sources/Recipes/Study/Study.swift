import Errors
import Evaluation
import Foundation
import Settings
import Statistics
import Verbs

/// A controlled comparison, read from a YAML file: every arm from one start, by one set of judgments, within one budget, its
/// settings searched in the same way.
public struct Study {
    let url: URL
    let file: StudyFile
    let plan: StudyPlan
    let verbs: [Verb]
    private let overrides: [ConfigurationOverride]

    public var name: String { file.name }
    public let output: String

    /// Reads a study and all settings in it.
    ///
    /// - Parameters:
    ///   - model: the one of several whose study it is, by its name; its folder lies below the output.
    ///   - overrides: flags; they override what the file says for all stages.
    /// - Throws: ``StudyMistake``, ``RecipeError`` or `ConfigurationError` with the place in the file; where several things are
    ///   wrong, all of them as one.
    public init(
        contentsOf url: URL, model: String? = nil, overrides: [ConfigurationOverride] = [],
        verbs: [Verb] = Verb.all
    ) throws {
        var mistakes = Mistakes()
        (self.url, self.verbs) = (url, verbs)
        file = try StudyFile(contentsOf: url, model: model, verbs: verbs, &mistakes)
        plan = StudyPlan(file, verbs: verbs)
        let asked = try overrides.first { try $0.setting.key == "output" }?.setting.texts.first ?? file.output
        output = model.map { "\(asked)/\($0)" } ?? asked
        self.overrides =
            try overrides.filter { try $0.setting.key != "output" }
            + [ConfigurationOverride(flag: "--output", value: output)]
        do {
            let entries = try plan.everything(&mistakes)
            _ = try recipe(entries, &mistakes)
        } catch let mistake as StudyMistake {
            // What is missing in the file may be why something refers to nothing.
            if mistakes.isEmpty { throw mistake }
            try mistakes.check()
        }
    }

    /// The recipe of some stages.
    func recipe(_ entries: [RecipeFile.Entry]) throws -> Recipe {
        var mistakes = Mistakes()
        return try recipe(entries, &mistakes)
    }

    private func recipe(_ entries: [RecipeFile.Entry], _ mistakes: inout Mistakes) throws -> Recipe {
        let recipe = RecipeFile(name: file.name, output: file.output, shared: file.shared, entries: entries)
        return try Recipe(recipe.overridden(by: overrides), verbs: verbs, &mistakes)
    }

    /// What every stage would do, for people: the first training of each arm, and all trials of a search.
    public var settings: String {
        get throws {
            var mistakes = Mistakes()
            return try recipe(plan.everything(&mistakes)).settings
        }
    }

    /// How many prompts and trainings find the smallest effect of interest.
    public var power: StudyPower { StudyPower(file) }
}

extension StudyPlan {
    /// All that can go wrong with settings: every trial, and a training of each arm as the file has it.
    ///
    /// - Parameter mistakes: keys of shared sections that no arm knows are among them.
    func everything(_ mistakes: inout Mistakes) throws -> [RecipeFile.Entry] {
        checkSharedKeys(&mistakes)
        let groups = try file.groups.map { try everything(of: $0, &mistakes) } ?? []
        return try groundwork()
            + file.arms.flatMap { arm in
                let stages = try training("seed-1", of: arm, seed: file.seed + 1, on: "test")
                return try trials(of: arm).indices.flatMap { try trial($0, of: arm, rung: 0) } + stages
                    + capabilities(of: arm, "seed-1", after: stages, seed: file.seed + 1)
            } + groups
    }

    /// A training of every policy.
    private func everything(of groups: StudyGroups, _ mistakes: inout Mistakes) throws -> [RecipeFile.Entry] {
        guard let arm = arm(of: groups), learnsFromJudgments(arm) else {
            let able = file.arms.filter(learnsFromJudgments).map(\.name).joined(separator: ", ")
            mistakes.add(
                StudyMistake(
                    origin: groups.origin,
                    text:
                        "groups: expected under 'arm' one that learns from judgments (\(able)), found '\(groups.arm)'"
                ))
            return []
        }
        // Which shares favour the worst-off is not known before the others are trained.
        let shares = GroupsInput.shares(winRates: groups.groups.map { ($0.name, 0.5) }, favour: groups.favour)
        let names = groups.groups.map(\.name) + [StudyGroups.pooled, StudyGroups.worstOff]
        return try groundwork(of: groups) + [judgmentsOfWorstOff(shares, groups)]
            + names.flatMap { name in
                try sharedModels(of: name, groups)
                    + training("seed-1", of: name, groups, seed: file.seed + 1, chosen: [])
            }
    }

    /// A setting that no arm knows would be ignored in silence.
    private func checkSharedKeys(_ mistakes: inout Mistakes) {
        let trained = file.arms.compactMap { arm -> [RecipeFile.Entry]? in
            guard case .trained(let stages) = arm.kind else { return nil }
            return stages
        }
        let all = trained.flatMap { $0.map(\.verb) }
        let last = trained.compactMap { $0.last?.verb }
        let shared = file.training.map { ($0, all) } + (file.search?.space ?? []).map { ($0.setting, last) }
        for (setting, verbs) in shared where !verbs.contains(where: { knows(setting.key, $0) }) {
            let known = Set(verbs.flatMap { keys(of: $0) }).sorted()
            mistakes.add(StudyMistake.unknownKey(setting, in: "any arm", known: known))
        }
        for setting in file.training where setting.texts.contains(where: { $0.contains("${") }) {
            mistakes.add(
                StudyMistake.unfit(setting, expected: "a value; what refers to a stage is a setting of arms"))
        }
    }
}
