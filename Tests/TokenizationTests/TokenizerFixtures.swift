import Foundation
import Testing

@testable import Tokenization

/// The files that tokenizer tests read.
enum TokenizerFixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    static let tinyFolder = folder.appending(path: "golden/tiny-llama")

    static func tiny() throws -> Tokenizer { try Tokenizer(contentsOf: tinyFolder) }

    static func decode<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: path)))
    }

    /// The tiny tokenizer's `tokenizer.json`, changed.
    static func tinyJSON(_ change: (inout [String: Any]) throws -> Void) throws -> Data {
        let data = try Data(contentsOf: tinyFolder.appending(path: "tokenizer.json"))
        var json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        try change(&json)
        return try JSONSerialization.data(withJSONObject: json)
    }

    static func tiny(changedBy change: (inout [String: Any]) throws -> Void) throws -> Tokenizer {
        try Tokenizer(json: tinyJSON(change), configuration: nil, chatTemplate: nil)
    }

    /// The catalogue's model, where it has been imported on this machine.
    static let importedSmolLM2: URL = {
        let environment = ProcessInfo.processInfo.environment
        let home =
            environment["HEED_HOME"].map { URL(filePath: $0) }
            ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache/heed")
        return home.appending(path: "models/smollm2-135m-instruct")
    }()

    static var hasImportedSmolLM2: Bool {
        let file = importedSmolLM2.appending(path: "tokenizer.json")
        return FileManager.default.fileExists(atPath: file.path(percentEncoded: false))
    }

    static let smolLM2IsMissing: Comment =
        "SmolLM2 is not imported in $HEED_HOME/models/smollm2-135m-instruct: heed models pull smollm2-135m-instruct"
}

/// A folder that is gone when the test is over.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(
        path: "tokenizer-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}
