import Foundation

/// The tokenizer inside a GGUF file, as plain values of its `tokenizer.*` metadata.
public struct GGUFVocabulary: Sendable {
    /// `tokenizer.ggml.token_type`.
    public enum TokenType: Int, Sendable {
        case normal = 1
        case unknown, control, userDefined, unused, byte
    }

    /// Where the values come from, for error messages.
    public var file: String
    /// `tokenizer.ggml.model`: `gpt2` for a BPE of bytes, `llama` for one of SentencePiece's pieces.
    public var model: String
    /// `tokenizer.ggml.pre`: how text is cut into words.
    public var preTokenizer: String
    /// The spelling of each token, by id.
    public var tokens: [String]
    /// The raw type of each token; empty if the file does not say.
    public var tokenTypes: [Int]
    /// Pairs of spellings with a blank between them, in order of rank.
    public var merges: [String]
    /// Of pieces, by id: the higher, the sooner two parts become one. They stand in for merges.
    public var scores: [Double]
    /// `tokenizer.ggml.add_space_prefix`: whether a blank is put before text, which nil is for pieces.
    public var addsBlankPrefix: Bool?
    public var beginningOfSequence: Int?
    public var endOfSequence: Int?
    public var padding: Int?
    public var unknown: Int?
    /// `tokenizer.ggml.add_bos_token`; nil leaves it to the kind of pre-tokenizer.
    public var addsBeginningOfSequence: Bool?
    /// `tokenizer.ggml.add_eos_token`.
    public var addsEndOfSequence: Bool?
    public var chatTemplate: String?

    public init(
        file: String, model: String, preTokenizer: String, tokens: [String], tokenTypes: [Int],
        merges: [String], scores: [Double] = [], addsBlankPrefix: Bool? = nil,
        beginningOfSequence: Int? = nil, endOfSequence: Int? = nil, padding: Int? = nil, unknown: Int? = nil,
        addsBeginningOfSequence: Bool? = nil, addsEndOfSequence: Bool? = nil, chatTemplate: String? = nil
    ) {
        self.file = file
        self.model = model
        self.preTokenizer = preTokenizer
        self.tokens = tokens
        self.tokenTypes = tokenTypes
        self.merges = merges
        self.scores = scores
        self.addsBlankPrefix = addsBlankPrefix
        self.beginningOfSequence = beginningOfSequence
        self.endOfSequence = endOfSequence
        self.padding = padding
        self.unknown = unknown
        self.addsBeginningOfSequence = addsBeginningOfSequence
        self.addsEndOfSequence = addsEndOfSequence
        self.chatTemplate = chatTemplate
    }
}
