import Alignment
import Datasets
import Feedback
import Foundation
import Runs

/// Everything that a stage's result follows from, as one hash. A stage whose fingerprint is that of a finished one has
/// nothing to do.
struct Fingerprint: Codable, Equatable, CustomStringConvertible {
    /// SHA-256, hexadecimal.
    let description: String

    /// - Parameter dependencies: of the stages it refers to; what they leave follows from these.
    /// - Throws: what is wrong with an input that no stage makes: that it is not there, above all.
    init(of stage: Recipe.Stage, in recipe: Recipe, dependencies: [String: Fingerprint]) throws {
        let made = recipe.stages.map(\.output)
        let inputs = try stage.prepared.inputs.filter { input in
            !made.contains { input.path == $0 || input.path.hasPrefix($0 + "/") }
        }.map { "\($0.path) \(try $0.contentHash())" }
        let parts =
            ["heed \(Heed.version)", stage.verb.name, stage.prepared.yaml] + inputs
            + dependencies.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        description = ContentHash.sha256(of: Data(parts.joined(separator: "\n").utf8))
    }

    init(from decoder: any Decoder) throws {
        description = try decoder.singleValueContainer().decode(String.self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension VerbInput {
    fileprivate var path: String {
        switch self {
        case .data(let path), .model(let path): path
        case .judgments(let store, _): store.name
        }
    }

    /// What is in a catalogue is pinned by its hash, and need not have been fetched.
    fileprivate func contentHash() throws -> String {
        switch self {
        case .data(let path):
            let url = URL(fileURLWithPath: path)
            if !FileManager.default.fileExists(atPath: path), let entry = try? Catalogue.entry(named: path) {
                return entry.package.sha256
            }
            guard FileManager.default.fileExists(atPath: path) else {
                throw DataError(
                    .missingInput, file: path, expected: "a file, or a folder of files", found: "nothing",
                    remedy: "check the path")
            }
            return try ContentHash.sha256(of: url)
        case .judgments(let store, let schema): return try TrainingRows(schema, of: store).hash
        case .model(let argument):
            switch try ModelLocation(argument) {
            case .catalogue(let entry): return entry.package.sha256
            case .checkpoint(let url), .gguf(let url), .adapter(let url, base: nil):
                return try ContentHash.sha256(of: url)
            case .adapter(let url, let base?):
                return try "\(ContentHash.sha256(of: url)) \(VerbInput.model(base).contentHash())"
            }
        }
    }
}
