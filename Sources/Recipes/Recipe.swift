import Foundation
import Settings
import Verbs

/// Stages that lead from a model and data to a report, each a verb with its settings, read from a YAML file.
///
///     name: quickstart
///     model: smollm2-135m-instruct      # for every stage that knows the setting and does not have its own
///     stages:
///       - verb: prompts                 # a stage is called as its verb unless it has a name
///       - verb: sample
///         prompts: ${prompts.train}     # where that stage leaves it
public struct Recipe {
    public struct Stage {
        public let name: String
        public let prepared: PreparedVerb
        /// The path of what it writes: a file or a folder.
        public let output: String
        /// Stages whose results it reads.
        public let dependencies: Set<String>
        /// What the author of the recipe expects it to take.
        public let expectedSeconds: Double?

        public var verb: Verb { prepared.verb }
    }

    public let name: String
    /// The path of the folder of all results.
    public let output: String
    /// In the order in which they run.
    public let stages: [Stage]
    /// All that its stages could be.
    let verbs: [Verb]

    /// Reads a recipe and all settings in it.
    ///
    /// - Parameter overrides: flags; they override what the recipe says for all stages, not what a stage says itself.
    /// - Throws: ``RecipeError`` or ``ConfigurationError`` with the place in the file; where several things are wrong, all of
    ///   them as one.
    public init(
        contentsOf file: URL, overrides: [ConfigurationOverride] = [], verbs: [Verb] = Verb.all
    ) throws {
        var mistakes = Mistakes()
        let recipe = try RecipeFile(contentsOf: file, verbs: verbs, &mistakes)
        let flags = try overrides.map { try $0.setting }
        let output = flags.first { $0.key == "output" }?.node.string ?? recipe.output
        let shared =
            flags.filter { $0.key != "output" }
            + recipe.shared.filter { setting in !flags.contains { $0.key == setting.key } }
        name = recipe.name
        self.output = output
        self.verbs = verbs
        let stages = try recipe.entries.compactMap { entry in
            try Stage(entry, of: recipe, folder: output, shared: shared, &mistakes)
        }
        try mistakes.check()
        self.stages = try Self.inOrder(
            stages, origins: Dictionary(uniqueKeysWithValues: recipe.entries.map { ($0.name, $0.origin) }))
    }

    /// What every stage would do, for people.
    public var settings: String {
        stages.enumerated().map { index, stage in
            "# stage \(index + 1) of \(stages.count): \(stage.title)\n\(stage.prepared.yaml)"
        }.joined(separator: "---\n")
    }

    /// Each after the stages it refers to; otherwise as written.
    private static func inOrder(_ stages: [Stage], origins: [String: SettingOrigin]) throws -> [Stage] {
        var (ordered, waiting): ([Stage], [Stage]) = ([], stages)
        var done: Set<String> = []
        while let index = waiting.firstIndex(where: { $0.dependencies.isSubset(of: done) }) {
            let stage = waiting.remove(at: index)
            done.insert(stage.name)
            ordered.append(stage)
        }
        guard let first = waiting.first else { return ordered }
        let circle = circle(from: first, in: waiting)
        throw RecipeError.cycle(circle, origins[circle[0]] ?? .defaults)
    }

    /// The names on a way that leads back to its beginning. Every waiting stage waits for another one, so there is one.
    private static func circle(from first: Stage, in waiting: [Stage]) -> [String] {
        var way = [first]
        while true {
            let last = way[way.count - 1]
            guard let next = waiting.first(where: { last.dependencies.contains($0.name) }) else {
                return way.map(\.name)
            }
            way.append(next)
            if let start = way.firstIndex(where: { $0.name == next.name }), start < way.count - 1 {
                return way[start...].map(\.name)
            }
        }
    }
}

extension Recipe.Stage {
    /// Nil where its settings cannot be used.
    fileprivate init?(
        _ entry: RecipeFile.Entry, of recipe: RecipeFile, folder: String, shared: [Setting],
        _ mistakes: inout Mistakes
    ) throws {
        let entries = recipe.entries
        var dependencies: Set<String> = []
        func resolved(_ setting: Setting) throws -> Setting {
            try setting.resolvingReferences { reference in
                guard let other = entries.first(where: { $0.name == reference.stage }) else {
                    // What is wrong there is told already.
                    guard !recipe.unreadStages.contains(reference.stage) else { return reference.text }
                    throw RecipeError.unknownStage(
                        reference: reference.text, setting.origin,
                        known: entries.filter { $0.name != entry.name }
                            .flatMap { $0.verb.output.references(to: $0.name) })
                }
                dependencies.insert(other.name)
                let output = other.verb.output.path(of: other.name, in: folder)
                guard let target = other.verb.output.target(ofPart: reference.part, output: output) else {
                    throw RecipeError.unknownPart(
                        reference: reference.text, setting.origin,
                        known: other.verb.output.references(to: other.name))
                }
                return target
            }
        }
        let settings = try entry.settings.map { setting in
            try mistakes.gather { try resolved(setting) } ?? setting
        }
        name = entry.name
        output = entry.verb.output.path(of: entry.name, in: folder)
        expectedSeconds = entry.expectedSeconds
        self.dependencies = dependencies
        let reader = ConfigurationReader(
            settings: settings, shared: shared,
            flags: [try ConfigurationOverride(flag: "--output", value: output).setting])
        guard let prepared = try mistakes.gather({ try entry.verb.prepare(reader) }) else { return nil }
        self.prepared = prepared
    }
}
