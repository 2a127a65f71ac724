import Foundation
import JSON
import Runs
import Settings

extension Verb {
    /// Settings to resume the run in their output folder by: those of its run.json, under those that are given again. They
    /// stay as they are for verbs that make no runs.
    /// - Throws: ``RunError`` where there is no run, or one of another verb.
    public func resuming(_ reader: ConfigurationReader) throws -> ConfigurationReader {
        guard guide != nil, let output = reader.setting(of: ["output", "output_dir"])?.texts.first else {
            return reader
        }
        let folder = URL(fileURLWithPath: output)
        let file = folder.appendingPathComponent("run.json")
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw RunError.nothingToResume(folder)
        }
        let manifest = try RunManifest(contentsOf: file)
        guard manifest.command == name else { throw RunError.otherVerb(folder, verb: manifest.command) }
        return reader.resuming(try Self.settings(manifest.configuration, origin: file.relativePath))
    }

    /// The settings of a run that did nothing; none where it does not have this version's settings.
    func idleSettings(in configuration: JSONValue) -> Set<String> {
        guard let settings = try? Self.settings(configuration, origin: "run.json") else { return [] }
        let reader = ConfigurationReader(settings: [], shared: settings, flags: [])
        return (try? prepare(reader).idleSettings) ?? []
    }

    private static func settings(_ configuration: JSONValue, origin: String) throws -> [Setting] {
        try (configuration.object ?? [:]).map { key, value in
            try Setting(key: key, encoding: value, origin: .file(origin, line: nil))
        }
    }
}
