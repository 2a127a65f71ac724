import Errors
import Evaluation
import Settings
import Verbs
import Yams

/// Problems made by rule whose answers programs check: what arms can still do besides what they were trained for.
struct StudyCapability {
    let name: String
    /// Settings of the stage that makes the problems.
    let problems: [Setting]
    /// Of measuring, in place of those under 'answers'.
    let answers: [Setting]
    /// The reward that checks answers.
    let verifier: String

    static let usualCount = 50

    /// - Parameter setting: the name of a task, or a mapping with one.
    init?(_ setting: Setting, file: String, _ mistakes: inout Mistakes) throws {
        name = setting.key
        let keys = ["task", "difficulty", "system", "n", "max_new_tokens"]
        let settings =
            setting.node.scalar == nil
            ? try StudySection(
                setting, named: "the capability '\(name)'", keys: keys, file: file, place: setting.origin,
                &mistakes
            ).settings : [Setting(key: "task", node: setting.node, origin: setting.origin)]
        let task = settings.first { $0.key == "task" }?.texts.joined() ?? ""
        guard let verifier = TasksSettings.verifier(of: task),
            name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
        else {
            mistakes.add(
                StudyMistake(
                    origin: setting.origin,
                    text:
                        "capabilities: expected for each a name of letters, digits, '-' and '_', and under 'task' one of "
                        + "\(TasksSettings.names.joined(separator: ", ")), found '\(task)' for '\(name)'"))
            return nil
        }
        self.verifier = verifier
        let count = settings.first { $0.key == "n" }?.node ?? Node("\(Self.usualCount)")
        problems =
            settings.filter { ["task", "difficulty", "system"].contains($0.key) } + [
                Setting(key: "held_out", node: count, origin: setting.origin),
                // Nobody learns from them.
                Setting(key: "n", node: Node("1"), origin: .defaults),
            ]
        answers = settings.filter { $0.key == "max_new_tokens" }
    }
}

extension StudyPlan {
    static let capabilitiesName = "capabilities"

    private static func problems(_ capability: StudyCapability) -> String {
        "\(models)/\(capabilitiesName)/\(capability.name)"
    }

    /// Where a model's answers to the problems are measured.
    static func measurement(
        of capability: StudyCapability, _ model: String
    ) -> String {
        "\(measured)/\(capabilitiesName)/\(capability.name)/\(model)"
    }

    /// The problems, and what the start makes of them.
    func capabilityGroundwork() throws -> [RecipeFile.Entry] {
        try file.capabilities.flatMap { capability in
            [
                try entry(Self.problems(capability), "tasks", own: capability.problems, fixed: []),
                try measurement(
                    capability, Self.startName, of: "${study.start}", seed: file.seed, further: []),
            ]
        }
    }

    /// What one training of an arm makes of the problems.
    ///
    /// - Parameter stages: those of the training, the last of which measures its answers.
    func capabilities(
        of arm: StudyArm, _ training: String, after stages: [RecipeFile.Entry], seed: Int
    ) throws -> [RecipeFile.Entry] {
        guard let measured = stages.last, let model = measured.settings.first(where: { $0.key == "model" })
        else { return [] }
        let choice = measured.settings.filter { ["best", "proxy"].contains($0.key) }
        return try file.capabilities.map { capability in
            try measurement(
                capability, "\(arm.name)/\(training)", of: model.node.string ?? "", seed: seed,
                further: Self.best(of: arm).isEmpty ? [] : choice)
        }
    }

    private func measurement(
        _ capability: StudyCapability, _ name: String, of model: String, seed: Int, further: [Setting]
    ) throws -> RecipeFile.Entry {
        let replaced = capability.answers.map(\.key) + ["n", "limit"]
        return try entry(
            Self.measurement(of: capability, name), "measure",
            shared: [Setting(key: "seed", node: Node("\(seed)"), origin: .defaults)],
            own: file.answers.filter { !replaced.contains($0.key) } + capability.answers + further,
            fixed: [
                ("model", model), ("prompts", "${\(Self.problems(capability)).held-out}"),
                ("judges", "\(capability.name)=\(capability.verifier)"),
            ], likeness: "\(Self.capabilitiesName) \(capability.name)")
    }
}
