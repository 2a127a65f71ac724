import Foundation

extension Tokenizer {
    /// What `write` may leave in a folder.
    public static let fileNames = [TokenizerFiles.Name.tokenizer, .configuration, .chatTemplate].map(
        \.rawValue)

    /// Writes `tokenizer.json`, `tokenizer_config.json` and, if there is a template, `chat_template.jinja`, which load
    /// here and in `transformers` with the same ids. Files of these names are replaced, each atomically.
    /// - Throws: `TokenizerError.unwritable`, on a full disk for example.
    public func write(to folder: URL) throws {
        func write(_ data: Data, _ name: TokenizerFiles.Name) throws {
            let file = folder.appending(path: name.rawValue)
            do {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try data.write(to: file, options: .atomic)
            } catch {
                let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
                throw TokenizerError.unwritable(file: file.path, reason: cause.localizedDescription)
            }
        }
        try write(tokenizerJSON, .tokenizer)
        try write(configurationJSON ?? TokenizerConfiguration.json(specialTokenTexts), .configuration)
        // A template of that file would hide the others, which are in the configuration.
        if let chatTemplate, toolTemplate == nil { try write(Data(chatTemplate.source.utf8), .chatTemplate) }
    }

    /// The texts of the special tokens by the parts they play.
    var specialTokenTexts: [TokenizerConfiguration.Role: String] {
        [
            .beginningOfSequence: beginningOfSequence, .endOfSequence: endOfSequence, .padding: padding,
            .unknown: unknown,
        ].compactMapValues { $0?.text }
    }
}
