import Foundation
import JSON

/// A token with a role of its own, such as the end of a sequence.
public struct SpecialToken: Hashable, Sendable {
    public let id: Int
    public let text: String

    public init(id: Int, text: String) {
        self.id = id
        self.text = text
    }
}

/// A BPE tokenizer of bytes, as GPT-2, SmolLM2, Qwen2 and Llama-3 use it, or of SentencePiece's pieces, as Gemma, Mistral and
/// Phi-3 do, with the ids of Hugging Face's `tokenizers`.
///
/// Tokens are bytes, so every text can be encoded and comes back unchanged; only where a vocabulary has no token for a
/// byte (SmolLM2's lacks some control characters and bytes of unassigned planes) that byte is dropped, as by the
/// reference. A value may be used from several threads at once.
public struct Tokenizer: Sendable {
    /// One more than the highest id, added tokens included.
    public let vocabularySize: Int
    public let beginningOfSequence: SpecialToken?
    public let endOfSequence: SpecialToken?
    public let padding: SpecialToken?
    public let unknown: SpecialToken?
    /// The tokens that end generation: `endOfSequence` and those of `GenerationTokens`.
    public let stopTokens: [SpecialToken]
    public private(set) var chatTemplate: ChatTemplate?
    /// The template for conversations with tools, where the files have one of its own for them.
    private(set) var toolTemplate: ChatTemplate?
    /// What the templates are called that the files have, for where none of them is for conversations.
    package let templateNames: [String]

    /// The tokens that are control and not text.
    let specialTokens: [AddedToken]
    let textEncoder: TextEncoder
    /// The files as read, to be written again.
    package let tokenizerJSON: Data
    let configurationJSON: Data?

    /// What the chat template is told besides messages, by whoever renders.
    private(set) var told: JSONObject = [:]
    private let vocabulary: Vocabulary
    private let specialIDs: Set<Int>
    private let frame: SpecialTokenFrame
    /// Whether decoded text loses the blank that was put before it.
    let stripsLeadingBlank: Bool

    /// Reads `tokenizer.json` and, where they exist, `tokenizer_config.json`, `chat_template.jinja` and
    /// what names the `GenerationTokens`.
    ///
    /// - Throws: `TokenizerError` naming the file and the place in it; what `ChatTemplate.init` throws.
    public init(contentsOf folder: URL) throws {
        try self.init(TokenizerFiles(folder: folder))
    }

    /// - Parameters:
    ///   - json: the content of `tokenizer.json`.
    ///   - configuration: the content of `tokenizer_config.json`.
    ///   - chatTemplate: the content of `chat_template.jinja`; takes precedence over the configuration's `chat_template`.
    public init(json: Data, configuration: Data?, chatTemplate: String?) throws {
        try self.init(
            TokenizerFiles(tokenizer: json, configuration: configuration, chatTemplate: chatTemplate))
    }

    /// - Throws: `TokenizerError` where the values contradict each other or ask for something not supported.
    public init(gguf: GGUFVocabulary) throws {
        try self.init(
            TokenizerFiles(
                folder: gguf.file, tokenizer: try gguf.tokenizerJSON(),
                configuration: try gguf.configurationJSON(),
                chatTemplate: gguf.chatTemplate))
    }

    init(_ files: TokenizerFiles) throws {
        let file = try files.readTokenizer()
        let configuration = try files.readConfiguration()
        let generation = try files.readGenerationTokens()

        let vocabulary = try Vocabulary(
            file.model.vocabulary, addedTokens: file.addedTokens, spelling: file.model.spelling,
            file: files.path(of: .tokenizer))
        let roles = try configuration.specialTokens.mapValues { text in
            guard let id = vocabulary.id(of: text) else {
                throw TokenizerError.unknownSpecialToken(file: files.path(of: .configuration), text: text)
            }
            return SpecialToken(id: id, text: text)
        }
        func token(_ id: Int?) -> SpecialToken? {
            guard let id, let text = vocabulary.spelling(of: id) else { return nil }
            return SpecialToken(id: id, text: text)
        }
        beginningOfSequence = roles[.beginningOfSequence] ?? token(generation.beginningOfSequence)
        endOfSequence = roles[.endOfSequence] ?? token(generation.endOfSequence.first)
        padding = roles[.padding] ?? token(generation.padding)
        unknown = roles[.unknown]
        let otherStops = generation.endOfSequence.compactMap(token).filter { [id = endOfSequence?.id] in
            $0.id != id
        }
        stopTokens = (endOfSequence.map { [$0] } ?? []) + otherStops
        let templates = files.chatTemplate.map { ["default": $0] } ?? configuration.chatTemplates
        chatTemplate = try templates["default"].map { try ChatTemplate($0) }
        toolTemplate = try templates["tool_use"].map { try ChatTemplate($0) }
        templateNames = templates.keys.sorted()

        // A token with a role is special even if `tokenizer.json` does not list it.
        let unlisted = Set(roles.values).filter { role in !file.addedTokens.contains { $0.id == role.id } }
        let addedTokens =
            file.addedTokens + unlisted.map { AddedToken(id: $0.id, content: $0.text, isSpecial: true) }
        specialTokens = addedTokens.filter(\.isSpecial)
        specialIDs = Set(specialTokens.map(\.id))
        textEncoder = TextEncoder(
            addedTokens: addedTokens, normalizer: file.normalizer, preTokenizer: file.preTokenizer,
            model: try BytePairModel(file.model, vocabulary: vocabulary, file: files.path(of: .tokenizer)))
        self.vocabulary = vocabulary
        vocabularySize = vocabulary.count
        frame = file.frame
        stripsLeadingBlank = file.stripsLeadingBlank
        tokenizerJSON = files.tokenizer
        configurationJSON = files.configuration
    }

    /// This tokenizer with another chat template.
    public func with(_ chatTemplate: ChatTemplate) -> Tokenizer {
        var result = self
        result.chatTemplate = chatTemplate
        result.toolTemplate = nil
        return result
    }

    /// This tokenizer with variables that its chat template is told whenever messages are laid out.
    public func telling(_ variables: JSONObject) -> Tokenizer {
        var result = self
        for (name, value) in variables { result.told[name] = value }
        return result
    }
}

// MARK: Tokens

extension Tokenizer {
    /// The id of a token by its spelling in the vocabulary, where a blank is `Ġ`, or `▁` among pieces.
    public func id(of token: String) -> Int? { vocabulary.id(of: token) }

    /// The spelling of a token in the vocabulary, where a blank is `Ġ`. What it stands for is `decode([id])`.
    public func token(of id: Int) -> String? { vocabulary.spelling(of: id) }

    /// Whether a token is control and not text.
    public func isSpecial(_ id: Int) -> Bool { specialIDs.contains(id) }
}

// MARK: Encoding

extension Tokenizer {
    /// The tokens of a text, in which special tokens are recognised.
    ///
    /// - Parameter addingSpecialTokens: whether to put before and after the text what the file's post-processor says
    ///   (Llama-3's says BOS; those of GPT-2, SmolLM2 and Qwen2 say nothing).
    public func encode(_ text: String, addingSpecialTokens: Bool = true) -> [Int] {
        let ids = textEncoder.encode(text, recognisingSpecialTokens: true).ids
        return addingSpecialTokens && !frame.isEmpty ? frame.prefix + ids + frame.suffix : ids
    }

    /// The tokens of many texts, in their order, worked out by all cores at once.
    public func encode(_ texts: [String], addingSpecialTokens: Bool = true) -> [[Int]] {
        texts.concurrentMap { encode($0, addingSpecialTokens: addingSpecialTokens) }
    }

    /// The tokens of a text from an untrusted source: special tokens inside it are plain text, and nothing is added
    /// around it. Added tokens that are not special, such as Qwen's `<think>`, are still recognised.
    public func encodeOrdinary(_ text: String) -> [Int] {
        textEncoder.encode(text, recognisingSpecialTokens: false).ids
    }
}

// MARK: Decoding

extension Tokenizer {
    /// The text of the tokens. Bytes that are not UTF-8 become U+FFFD, one for each maximal part of a character; ids
    /// without a token give nothing.
    public func decode(_ ids: [Int], skippingSpecialTokens: Bool = false) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ids.count * 4)
        for id in ids { appendContent(of: id, skippingSpecialTokens: skippingSpecialTokens, to: &bytes) }
        if stripsLeadingBlank, bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A decoder for tokens that come one by one.
    public func makeStreamingDecoder(skippingSpecialTokens: Bool = true) -> StreamingDecoder {
        StreamingDecoder(self, skippingSpecialTokens: skippingSpecialTokens)
    }

    package func appendContent(of id: Int, skippingSpecialTokens: Bool, to bytes: inout [UInt8]) {
        if skippingSpecialTokens, isSpecial(id) { return }
        bytes.append(contentsOf: vocabulary.content(of: id))
    }
}
