import Errors
import Foundation
import Settings
import Verbs
import Yams

/// A recipe as it is written: names, verbs and settings, with their lines.
struct RecipeFile {
    /// A stage as it is written.
    struct Entry {
        let name: String
        let verb: Verb
        let origin: SettingOrigin
        /// What the author expects it to take.
        let expectedSeconds: Double?
        /// The verb's settings, references not yet resolved.
        let settings: [Setting]
        /// Settings that hold where the verb knows them and the stage does not have its own, before those of all stages.
        var shared: [Setting] = []
        /// What it has in common with stages that take about as long.
        var likeness: String?
        /// Whether its result need not be there once all that read it have theirs.
        var isIntermediate = false
    }

    let name: String
    let output: String
    /// Settings of all stages that know them.
    let shared: [Setting]
    let entries: [Entry]
    /// Names of stages that could not be read; others may refer to them all the same.
    private(set) var unreadStages: Set<String> = []

    static let sharedKeys = ["model", "seed", "device", "precision", "threads"]
    private static let ownKeys = ["name", "output", "stages"]

    init(name: String, output: String, shared: [Setting], entries: [Entry]) {
        (self.name, self.output, self.shared, self.entries) = (name, output, shared, entries)
    }

    /// With flags, which take precedence over what the recipe says for all stages.
    func overridden(by overrides: [ConfigurationOverride]) throws -> RecipeFile {
        let flags = try overrides.map { try $0.setting }
        var recipe = RecipeFile(
            name: name, output: flags.first { $0.key == "output" }?.node.string ?? output,
            shared: flags.filter { $0.key != "output" }
                + shared.filter { setting in !flags.contains { $0.key == setting.key } },
            entries: entries)
        recipe.unreadStages = unreadStages
        return recipe
    }

    /// - Throws: `ConfigurationError` where the file is no YAML; whatever else is wrong is gathered in `mistakes`.
    init(contentsOf file: URL, verbs: [Verb], _ mistakes: inout Mistakes) throws {
        let place = SettingOrigin.file(file.relativePath, line: nil)
        let keys = Self.ownKeys + Self.sharedKeys
        var settings: [String: Setting] = [:]
        for setting in try SettingList(contentsOf: file).settings {
            if keys.contains(setting.key) {
                settings[setting.key] = setting
            } else {
                mistakes.add(
                    RecipeError.unknownKey(
                        setting.key, setting.origin, nearest: nearestName(to: setting.key, among: keys)))
            }
        }
        let ownName = file.deletingPathExtension().lastPathComponent
        name = try mistakes.gather { try settings["name"]?.word() ?? ownName } ?? ownName
        let folder = "runs/\(name)"
        output = try mistakes.gather { try settings["output"]?.text() ?? folder } ?? folder
        shared = Self.sharedKeys.compactMap { settings[$0] }
        (entries, unreadStages) = try Self.entries(
            settings["stages"], place: place, file: file, verbs: verbs, &mistakes)
    }

    /// The stages, and the names of those that could not be read.
    static func entries(
        _ stages: Setting?, place: SettingOrigin, file: URL, verbs: [Verb], _ mistakes: inout Mistakes
    ) throws -> ([Entry], unread: Set<String>) {
        guard let stages else {
            // A key that is not known may be this one.
            let missing = RecipeError.missing(key: "stages", place, expected: "a list of stages")
            if mistakes.isEmpty { mistakes.add(missing) }
            return ([], [])
        }
        guard let list = stages.node.sequence, !list.isEmpty else {
            mistakes.add(
                RecipeError.unfitValue(
                    key: "stages", stages.origin, expected: "a list of stages", found: stages.found))
            return ([], [])
        }
        var entries: [Entry] = []
        var unread: Set<String> = []
        for node in list {
            do {
                let entry = try Entry(node, file: file.relativePath, verbs: verbs, &mistakes)
                guard !entries.contains(where: { $0.name == entry.name }) else {
                    throw RecipeError.repeatedStage(entry.name, entry.origin)
                }
                entries.append(entry)
            } catch let error as RecipeError {
                mistakes.add(error)
                unread.formUnion(["name", "verb"].compactMap { node.mapping?[$0]?.string })
            }
        }
        return (entries, unread)
    }
}

extension RecipeFile.Entry {
    init(_ node: Node, file: String, verbs: [Verb], _ mistakes: inout Mistakes) throws {
        origin = .file(file, line: node.mark?.line)
        guard let mapping = node.mapping else {
            throw RecipeError.unfitValue(
                key: "stages", origin, expected: "a stage with 'name', 'verb' and its settings",
                found: "no mapping")
        }
        var settings = try SettingList(mapping, file: file).settings
        func taking(_ key: String) -> Setting? {
            settings.firstIndex { $0.key == key }.map { settings.remove(at: $0) }
        }
        guard let verb = taking("verb") else {
            throw RecipeError.missing(key: "verb", origin, expected: "what the stage does")
        }
        let verbName = try verb.text()
        guard let found = verbs.first(where: { $0.name == verbName }) else {
            throw RecipeError.unknownVerb(verbName, verb.origin, known: verbs.map(\.name))
        }
        self.verb = found
        name = try taking("name")?.word() ?? verbName
        expectedSeconds =
            try mistakes.gather { try taking("expected_seconds").map { try $0.seconds() } } ?? nil
        if let output = taking("output") { mistakes.add(RecipeError.outputIsSet(output.origin)) }
        self.settings = settings
    }
}

extension Setting {
    func text() throws -> String {
        guard let text = node.scalar?.string, !isNull, !text.isEmpty else { throw unfit(expected: "a text") }
        return text
    }

    /// A text that is a file's name as well.
    func word() throws -> String {
        let word = try text()
        guard word.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }) else {
            throw unfit(expected: "a name of letters, digits, '-' and '_'")
        }
        return word
    }

    fileprivate func seconds() throws -> Double {
        guard let seconds = node.float, seconds > 0, seconds <= SettingRange.limit else {
            throw unfit(expected: "a number above 0")
        }
        return seconds
    }

    func unfit(expected: String) -> RecipeError {
        .unfitValue(key: key, origin, expected: expected, found: found)
    }
}
