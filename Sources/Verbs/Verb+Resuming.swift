import Foundation
import JSON
import Runs
import Settings

extension Verb {
    /// Settings to resume the run in their output folder by: those of its run.json, under those that are given again. Where
    /// there is no such run they stay as they are, and opening the folder says so.
    public func resuming(_ reader: ConfigurationReader) throws -> ConfigurationReader {
        guard let output = reader.setting(of: ["output", "output_dir"])?.texts.first else { return reader }
        let file = URL(fileURLWithPath: output).appendingPathComponent("run.json")
        guard FileManager.default.fileExists(atPath: file.path) else { return reader }
        let manifest = try RunManifest(contentsOf: file)
        guard manifest.command == name else { return reader }
        return reader.resuming(
            try (manifest.configuration.object ?? [:]).map { key, value in
                try Setting(key: key, encoding: value, origin: .file(file.relativePath, line: nil))
            })
    }
}
