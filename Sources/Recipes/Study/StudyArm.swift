import Errors
import Foundation
import Settings
import Verbs
import Yams

/// One way to make the start's answers better.
struct StudyArm {
    enum Kind {
        /// The best of so many answers of the start by the reward model.
        case bestOf(Int)
        /// Stages one after the other; the last one's model is the arm's.
        case trained([RecipeFile.Entry])
    }

    private(set) var name: String
    /// What its trainings have in common with those that take about as long.
    private(set) var likeness: String
    let origin: SettingOrigin
    let kind: Kind
    /// Of its last stage.
    let search: [SearchAxis]

    /// Stages of arms by name. `${study.NAME}` is what the study's file says of it.
    static func builtIn(hasDemonstrations: Bool) -> [String: String] {
        [
            "sft": hasDemonstrations
                ? "{verb: sft, train: '${study.demonstrations}'}"
                // What was preferred is the demonstration: the same judgments as everybody's.
                : "{verb: dpo, loss: sft, train: '${study.judgments}'}",
            "dpo": "{verb: dpo, train: '${study.judgments}'}",
            "ipo": "{verb: dpo, loss: ipo, train: '${study.judgments}'}",
            "kto": "{verb: kto, train: '${study.unpaired-judgments}'}",
            "online-dpo":
                "{verb: dpo, prompts: '${study.train}', judge: 'reward-model:model=${study.reward-model}', rounds: 4, n: 4}",
            "ppo": "{verb: ppo, prompts: '${study.train}', reward_model: '${study.reward-model}'}",
            "grpo": "{verb: grpo, prompts: '${study.train}', reward_model: '${study.reward-model}'}",
            "rejection":
                "{verb: rejection, prompts: '${study.train}', reward_model: '${study.reward-model}', rounds: 4, n: 8}",
            "distilled-best-of-n":
                "{verb: rejection, prompts: '${study.train}', reward_model: '${study.reward-model}', rounds: 1, n: 16}",
        ]
    }

    /// The same in another place.
    func renamed(_ name: String) -> StudyArm {
        var arm = self
        arm.name = name
        return arm
    }

    static let bestOfN = "best-of-n"
    private static let usualBest = 16
    private static let ownKeys = ["name", "arm", "search", "stages"]

    /// - Parameter node: a name, or a mapping with `name`, and `arm`, `verb` or `stages`, and settings.
    init(_ node: Node, file: String, builtIn: [String: String], verbs: [Verb], _ mistakes: inout Mistakes)
        throws
    {
        origin = .file(file, line: node.mark?.line)
        let settings: [Setting]
        switch node {
        case .scalar(let scalar):
            settings = [Setting(key: "name", node: Node(scalar.string), origin: origin)]
        case .mapping(let mapping): settings = try SettingList(mapping, file: file).settings
        default:
            throw StudyMistake(
                origin: origin, text: "arms: expected a name or a mapping with one, found a list")
        }
        func own(_ key: String) -> Setting? { settings.first { $0.key == key } }
        guard let name = try own("name")?.word() ?? own("arm")?.word() ?? own("verb")?.word() else {
            throw StudyMistake.missing("name", in: "an arm", origin, expected: "what it is called")
        }
        (self.name, likeness) = (name, name)
        let space = try StudySection(
            own("search"), named: "the search of '\(name)'", keys: nil, file: file, place: origin, &mistakes)
        search = try space.settings.compactMap { axis in try mistakes.gather { try SearchAxis(axis) } }
        let given = settings.filter { !Self.ownKeys.contains($0.key) }
        if let stages = own("stages") {
            if let extra = given.first {
                throw StudyMistake(
                    origin: extra.origin,
                    text: "'\(extra.key)' stands beside 'stages'; settings belong to one of its stages")
            }
            let (entries, _) = try RecipeFile.entries(
                stages, place: origin, file: URL(fileURLWithPath: file), verbs: verbs, &mistakes)
            kind = .trained(entries)
            return
        }
        let word = try own("arm")?.word() ?? name
        guard own("verb") == nil else {
            guard case .mapping(var mapping) = node else { preconditionFailure("a verb stands in a mapping") }
            for key in Self.ownKeys { mapping[key] = nil }
            kind = .trained([try .init(.mapping(mapping), file: file, verbs: verbs, &mistakes)])
            return
        }
        if word == Self.bestOfN {
            let section = StudySection(
                given, named: "the arm '\(word)'", keys: ["n"], origin: origin, &mistakes)
            kind = .bestOf(section.count("n", in: 2...1000, &mistakes) ?? Self.usualBest)
            return
        }
        guard let text = builtIn[word], let template = try Yams.compose(yaml: text) else {
            let known = ["start", Self.bestOfN] + builtIn.keys.sorted()
            throw StudyMistake(
                origin: origin,
                text: "'\(word)' is not an arm; "
                    + (nearestName(to: word, among: known).map { "did you mean '\($0)'?" }
                        ?? "choose \(known.joined(separator: ", ")), or give it a 'verb' or 'stages'"))
        }
        let entry = try RecipeFile.Entry(template, file: file, verbs: verbs, &mistakes).at(origin)
        kind = .trained([entry.replacingSettings(entry.settings.replaced(by: given))])
    }
}

extension RecipeFile.Entry {
    /// The same as if it were written there.
    fileprivate func at(_ origin: SettingOrigin) -> Self {
        let settings = settings.map { Setting(key: $0.key, node: $0.node, origin: origin) }
        return RecipeFile.Entry(
            name: name, verb: verb, origin: origin, expectedSeconds: expectedSeconds, settings: settings)
    }

    func replacingSettings(_ settings: [Setting]) -> Self {
        RecipeFile.Entry(
            name: name, verb: verb, origin: origin, expectedSeconds: expectedSeconds, settings: settings)
    }
}
