import Foundation

/// The files of a tokenizer, as read from a folder or made from something else.
struct TokenizerFiles {
    enum Name: String {
        case tokenizer = "tokenizer.json"
        case configuration = "tokenizer_config.json"
        case chatTemplate = "chat_template.jinja"
        case generationConfiguration = "generation_config.json"
    }

    /// Where they are, for error messages.
    var folder: String?
    var tokenizer: Data
    var configuration: Data?
    var chatTemplate: String?
    var generationConfiguration: Data?

    func path(of name: Name) -> String {
        folder.map { URL(filePath: $0).appending(path: name.rawValue).path(percentEncoded: false) }
            ?? name.rawValue
    }

    func decodeTokenizer() throws -> TokenizerFile {
        try decode(TokenizerFile.self, from: tokenizer, .tokenizer)
    }

    func decodeConfiguration() throws -> TokenizerConfiguration {
        guard let configuration else { return TokenizerConfiguration() }
        return try decode(TokenizerConfiguration.self, from: configuration, .configuration)
    }

    func decodeGenerationConfiguration() throws -> GenerationConfiguration {
        guard let generationConfiguration else { return GenerationConfiguration() }
        return try decode(
            GenerationConfiguration.self, from: generationConfiguration, .generationConfiguration)
    }
}

extension TokenizerFiles {
    init(folder: URL) throws {
        func contents(_ name: Name) throws -> Data {
            let url = folder.appending(path: name.rawValue)
            do {
                return try Data(contentsOf: url)
            } catch {
                throw TokenizerError.unreadable(
                    file: url.path(percentEncoded: false), reason: error.localizedDescription)
            }
        }
        func contentsIfPresent(_ name: Name) throws -> Data? {
            let path = folder.appending(path: name.rawValue).path(percentEncoded: false)
            return FileManager.default.fileExists(atPath: path) ? try contents(name) : nil
        }
        self.init(
            folder: folder.path(percentEncoded: false), tokenizer: try contents(.tokenizer),
            configuration: try contentsIfPresent(.configuration),
            chatTemplate: try contentsIfPresent(.chatTemplate).map { String(decoding: $0, as: UTF8.self) },
            generationConfiguration: try contentsIfPresent(.generationConfiguration))
    }

    /// Reads JSON and says what is wrong with it in terms of the file.
    private func decode<Value: Decodable>(_ type: Value.Type, from data: Data, _ name: Name) throws -> Value {
        func malformed(_ path: [any CodingKey], expected: String, found: String) -> TokenizerError {
            .malformed(file: self.path(of: name), place: Self.place(path), expected: expected, found: found)
        }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as UnsupportedComponent {
            throw TokenizerError.unsupported(
                file: path(of: name), place: Self.place(error.codingPath), found: error.found,
                supported: error.supported)
        } catch DecodingError.keyNotFound(let key, let context) {
            throw malformed(context.codingPath + [key], expected: "a value", found: "none")
        } catch DecodingError.valueNotFound(let type, let context) {
            throw malformed(context.codingPath, expected: "a value of type \(type)", found: "null")
        } catch DecodingError.typeMismatch(let type, let context) {
            throw malformed(
                context.codingPath, expected: "a value of type \(type)", found: "another type")
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            throw malformed(
                [], expected: "valid JSON",
                found: "text of \(data.count) bytes that is not, or that breaks off")
        } catch DecodingError.dataCorrupted(let context) {
            throw malformed(context.codingPath, expected: "valid content", found: context.debugDescription)
        }
    }

    /// Such as `pre_tokenizer.pretokenizers[0].pattern`.
    private static func place(_ path: [any CodingKey]) -> String {
        let text = path.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return text.isEmpty ? "the whole file" : text
    }
}
