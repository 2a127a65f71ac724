import Datasets
import Feedback
import Foundation
import Runs
import Verbs

/// Everything that a stage's result follows from, as one hash; where the recipe's folder is does not matter. A stage whose fingerprint is that of a finished one has
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
            ["heed \(Heed.version)", stage.verb.name, stage.settingsAnywhere] + inputs
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
        case .setting(let input): input.path
        case .judgments(let store, _): store.name
        }
    }

    fileprivate func contentHash() throws -> String {
        switch self {
        case .setting(let input): try input.contentHash()
        case .judgments(let store, let schema): try TrainingRows(schema, of: store).hash
        }
    }
}
