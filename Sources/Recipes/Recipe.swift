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
        /// All settings as they were asked for, wherever the recipe's folder is.
        let settingsAnywhere: String
        /// What it has in common with stages that take about as long; nil: nothing is known of others.
        let likeness: String?
        /// Whether its result need not be there once all that read it have theirs.
        let isIntermediate: Bool

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
        try self.init(recipe.overridden(by: overrides), verbs: verbs, &mistakes)
    }

    /// - Throws: `mistakes` with what is wrong with the stages' settings among them, where there are any.
    init(_ recipe: RecipeFile, verbs: [Verb], _ mistakes: inout Mistakes) throws {
        name = recipe.name
        output = recipe.output
        self.verbs = verbs
        let stages = try recipe.entries.compactMap { entry in try Stage(entry, of: recipe, &mistakes) }
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
        _ entry: RecipeFile.Entry, of recipe: RecipeFile, _ mistakes: inout Mistakes
    ) throws {
        var dependencies: Set<String> = []
        let output = entry.verb.output.path(of: entry.name, in: recipe.output)
        let settings = try entry.settings.map { setting in
            try mistakes.gather {
                try setting.resolvingReferences { reference in
                    let target = try recipe.target(of: reference, setting.origin, from: entry)
                    dependencies.insert(reference.stage)
                    return target
                }
            } ?? setting
        }
        let reader = try recipe.reader(settings, of: entry, output: output)
        guard let prepared = try mistakes.gather({ try entry.verb.prepare(reader) }) else { return nil }
        (name, self.output, self.dependencies, self.prepared) = (entry.name, output, dependencies, prepared)
        (expectedSeconds, likeness) = (entry.expectedSeconds, entry.likeness)
        isIntermediate = entry.isIntermediate
        // With mistakes, nobody will ask.
        settingsAnywhere = try mistakes.isEmpty ? recipe.movedAnywhere.settings(of: entry) : ""
    }
}

extension RecipeFile {
    /// The same recipe in a folder whose place says nothing.
    fileprivate var movedAnywhere: RecipeFile {
        RecipeFile(name: name, output: "OUTPUT", shared: shared, entries: entries)
    }

    /// All settings of a stage without mistakes, as they were asked for.
    fileprivate func settings(of entry: Entry) throws -> String {
        let settings = try entry.settings.map { setting in
            try setting.resolvingReferences { try target(of: $0, setting.origin, from: entry) }
        }
        let reader = try reader(
            settings, of: entry, output: entry.verb.output.path(of: entry.name, in: output))
        return try entry.verb.prepare(reader).yamlAsAsked
    }

    fileprivate func reader(
        _ settings: [Setting], of entry: Entry, output: String
    ) throws -> ConfigurationReader {
        ConfigurationReader(
            settings: settings,
            shared: entry.shared
                + shared.filter { setting in !entry.shared.contains { $0.key == setting.key } },
            flags: [try ConfigurationOverride(flag: "--output", value: output).setting])
    }

    /// The path that a reference in a setting of `entry` stands for.
    fileprivate func target(
        of reference: StageReference, _ origin: SettingOrigin, from entry: Entry
    ) throws -> String {
        guard let other = entries.first(where: { $0.name == reference.stage }) else {
            // What is wrong there is told already.
            guard !unreadStages.contains(reference.stage) else { return reference.text }
            throw RecipeError.unknownStage(
                reference: reference.text, origin,
                known: entries.filter { $0.name != entry.name }
                    .flatMap { $0.verb.output.references(to: $0.name) })
        }
        let output = other.verb.output.path(of: other.name, in: output)
        guard let target = other.verb.output.target(ofPart: reference.part, output: output) else {
            throw RecipeError.unknownPart(
                reference: reference.text, origin, known: other.verb.output.references(to: other.name))
        }
        return target
    }
}
