import Foundation
import JSON

/// The files of a tokenizer, as read from a folder or made from something else.
struct TokenizerFiles {
    enum Name: String {
        case tokenizer = "tokenizer.json"
        case configuration = "tokenizer_config.json"
        case chatTemplate = "chat_template.jinja"
        case generationConfiguration = "generation_config.json"
        case modelConfiguration = "config.json"
    }

    /// Where they are, for error messages.
    var folder: String?
    var tokenizer: Data
    var configuration: Data?
    var chatTemplate: String?
    /// The first there is of the files that name ids for generating.
    var generation: (name: Name, data: Data)?

    func path(of name: Name) -> String {
        folder.map { URL(filePath: $0).appending(path: name.rawValue).path(percentEncoded: false) }
            ?? name.rawValue
    }

    func readTokenizer() throws -> TokenizerFile {
        try read(tokenizer, .tokenizer) { try TokenizerFile($0) }
    }

    func readConfiguration() throws -> TokenizerConfiguration {
        guard let configuration else { return TokenizerConfiguration() }
        return try read(configuration, .configuration) { try TokenizerConfiguration($0) }
    }

    func readGenerationTokens() throws -> GenerationTokens {
        guard let generation else { return GenerationTokens() }
        return try read(generation.data, generation.name) { try GenerationTokens($0) }
    }

    static func readGenerationTokens(in folder: URL) throws -> GenerationTokens {
        try TokenizerFiles(
            folder: folder.path(percentEncoded: false), tokenizer: Data(), generation: generation(in: folder)
        ).readGenerationTokens()
    }
}

extension TokenizerFiles {
    init(folder: URL) throws {
        self.init(
            folder: folder.path(percentEncoded: false), tokenizer: try Self.contents(.tokenizer, in: folder),
            configuration: try Self.contentsIfPresent(.configuration, in: folder),
            chatTemplate: try Self.contentsIfPresent(.chatTemplate, in: folder)
                .map { String(decoding: $0, as: UTF8.self) },
            generation: try Self.generation(in: folder))
    }

    private static func generation(in folder: URL) throws -> (name: Name, data: Data)? {
        for name in [Name.generationConfiguration, .modelConfiguration] {
            if let data = try contentsIfPresent(name, in: folder) { return (name, data) }
        }
        return nil
    }

    private static func contents(_ name: Name, in folder: URL) throws -> Data {
        let url = folder.appending(path: name.rawValue)
        do {
            return try Data(contentsOf: url)
        } catch {
            throw TokenizerError.unreadable(
                file: url.path(percentEncoded: false), reason: error.localizedDescription)
        }
    }

    private static func contentsIfPresent(_ name: Name, in folder: URL) throws -> Data? {
        let path = folder.appending(path: name.rawValue).path(percentEncoded: false)
        return FileManager.default.fileExists(atPath: path) ? try contents(name, in: folder) : nil
    }

    /// Reads JSON and says what is wrong with it in terms of the file.
    private func read<Value>(_ data: Data, _ name: Name, _ build: (JSONField) throws -> Value) throws -> Value
    {
        do {
            return try build(JSONField(JSONValue(parsing: data, tolerating: .all)))
        } catch let error as JSONSyntaxError {
            throw TokenizerError.malformed(
                file: path(of: name), place: "line \(error.line), column \(error.column)",
                expected: error.expected, found: error.found ?? "the end of the text")
        } catch let error as JSONField.Malformed {
            throw TokenizerError.malformed(
                file: path(of: name), place: error.place, expected: error.expected, found: error.found)
        } catch let error as JSONField.Unsupported {
            throw TokenizerError.unsupported(
                file: path(of: name), place: error.place, found: error.found, supported: error.supported)
        }
    }
}
