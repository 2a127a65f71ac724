import Checkpoints
import Datasets
import Files
import Foundation
import LanguageModels
import Runs
import Settings

/// Something that a verb reads, as its settings name it.
public enum SettingInput: Hashable, Sendable {
    /// A file, or a folder of files, or data of the catalogue.
    case data(String)
    /// A model argument: a folder, a `.gguf` file or a name of the catalogue.
    case model(String)

    public var path: String {
        switch self {
        case .data(let path), .model(let path): path
        }
    }
}

extension InvalidSetting {
    /// That no model is given where one is needed.
    package static func noModel(_ key: String = "model") -> InvalidSetting {
        .missing(key, "a model (--\(key) DIR or NAME)")
    }

    /// That no data are given where some are needed.
    package static func noFiles(_ key: String) -> InvalidSetting {
        .missing(key, "a .jsonl file or a folder of them (--\(key) FILE)")
    }

    /// - Parameter what: a folder for the results (--output DIR).
    package static func noOutput(_ what: String) -> InvalidSetting { .missing("output", what) }
}

extension [SettingInput] {
    /// Those that are given.
    public static func models(_ arguments: String?...) -> [SettingInput] {
        arguments.compactMap { $0.map(SettingInput.model) }
    }

    public static func data(_ paths: [String]) -> [SettingInput] { paths.map(SettingInput.data) }
}

extension SettingInput {
    /// Where on this machine it is read from: what was named, and the bases of adapters in it.
    package var places: [URL] {
        let place = URL(fileURLWithPath: path)
        guard case .model = self else { return [place] }
        let folders = [place] + ((try? FileSystem.contents(of: place)) ?? [])
        let bases = folders.compactMap { folder in
            try? AdapterConfiguration(
                contentsOf: folder.appendingPathComponent(ModelFile.adapterConfiguration)
            )
            .baseModel
        }
        // An adapter's base is no adapter.
        return [place] + Set(bases).sorted().map { URL(fileURLWithPath: $0) }
    }

    /// The hash of what is read. What is in the catalogue is pinned by its hash, and need not have been fetched.
    package func contentHash() throws -> String {
        switch self {
        case .data(let path):
            if !FileManager.default.fileExists(atPath: path), let entry = try? Catalogue.entry(named: path) {
                return entry.package.sha256
            }
            guard FileManager.default.fileExists(atPath: path) else {
                throw DataError(
                    .missingInput, file: path, expected: "a file, or a folder of files", found: "nothing",
                    remedy: "check the path")
            }
            return try ContentHash.sha256(of: URL(fileURLWithPath: path))
        case .model(let argument):
            switch try ModelLocation(argument) {
            case .catalogue(let entry): return entry.package.sha256
            case .checkpoint(let url), .gguf(let url), .adapter(let url, base: nil):
                return try ContentHash.sha256(of: url)
            case .adapter(let url, let base?):
                return try "\(ContentHash.sha256(of: url)) \(SettingInput.model(base).contentHash())"
            }
        }
    }
}
