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
    }

    let name: String
    let output: String
    /// Settings of all stages that know them.
    let shared: [Setting]
    let entries: [Entry]

    private static let sharedKeys = ["model", "seed", "device", "precision", "threads"]
    private static let ownKeys = ["name", "output", "stages"]

    init(contentsOf file: URL, verbs: [Verb]) throws {
        let place = SettingOrigin.file(file.relativePath, line: nil)
        let keys = Self.ownKeys + Self.sharedKeys
        var settings: [String: Setting] = [:]
        for setting in try SettingList(contentsOf: file).settings {
            guard keys.contains(setting.key) else {
                throw RecipeError.unknownKey(
                    setting.key, setting.origin, nearest: nearestName(to: setting.key, among: keys))
            }
            settings[setting.key] = setting
        }
        name = try settings["name"]?.word() ?? file.deletingPathExtension().lastPathComponent
        output = try settings["output"]?.text() ?? "runs/\(name)"
        shared = Self.sharedKeys.compactMap { settings[$0] }
        entries = try Self.entries(settings["stages"], place: place, file: file, verbs: verbs)
    }

    private static func entries(
        _ stages: Setting?, place: SettingOrigin, file: URL, verbs: [Verb]
    ) throws -> [Entry] {
        guard let stages else {
            throw RecipeError.missing(key: "stages", place, expected: "a list of stages")
        }
        guard let list = stages.node.sequence, !list.isEmpty else {
            throw RecipeError.unfitValue(
                key: "stages", stages.origin, expected: "a list of stages", found: stages.found)
        }
        var entries: [Entry] = []
        for node in list {
            let entry = try Entry(node, file: file.relativePath, verbs: verbs)
            guard !entries.contains(where: { $0.name == entry.name }) else {
                throw RecipeError.repeatedStage(entry.name, entry.origin)
            }
            entries.append(entry)
        }
        return entries
    }
}

extension RecipeFile.Entry {
    fileprivate init(_ node: Node, file: String, verbs: [Verb]) throws {
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
        expectedSeconds = try taking("expected_seconds").map { try $0.seconds() }
        if let output = taking("output") { throw RecipeError.outputIsSet(output.origin) }
        self.settings = settings
    }
}

extension Setting {
    fileprivate func text() throws -> String {
        guard let text = node.scalar?.string, !isNull, !text.isEmpty else { throw unfit(expected: "a text") }
        return text
    }

    /// A text that is a file's name as well.
    fileprivate func word() throws -> String {
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

    private func unfit(expected: String) -> RecipeError {
        .unfitValue(key: key, origin, expected: expected, found: found)
    }
}
