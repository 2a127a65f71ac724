import Foundation
import JSON

/// What is read of a `tokenizer_config.json`.
struct TokenizerConfiguration {
    /// The parts that special tokens play, by the names under which files and chat templates have them.
    enum Role: String, CaseIterable {
        case beginningOfSequence = "bos_token"
        case endOfSequence = "eos_token"
        case padding = "pad_token"
        case unknown = "unk_token"
    }

    private(set) var specialTokens: [Role: String] = [:]
    /// Chat templates by name; one alone is called `default`.
    private(set) var chatTemplates: [String: String] = [:]

    init() {}

    init(_ json: JSONField) throws {
        for role in Role.allCases {
            specialTokens[role] = try json.optional(role.rawValue).map(Self.tokenText)
        }
        chatTemplates = try json.optional("chat_template").map(Self.templates) ?? [:]
    }

    /// A token written as its text, or as an object with all the flags of an added token.
    private static func tokenText(_ json: JSONField) throws -> String {
        try json.value.string ?? json.member("content").string()
    }

    /// A template, or a list of named ones.
    private static func templates(_ json: JSONField) throws -> [String: String] {
        if let text = json.value.string { return ["default": text] }
        let named = try json.elements().map {
            (try $0.member("name").string(), try $0.member("template").string())
        }
        return Dictionary(named) { first, _ in first }
    }

    /// A configuration that names these special tokens.
    ///
    /// Its class is the one that takes `tokenizer.json` as it is: those named after models rebuild it from the
    /// vocabulary with a pre-tokenizer of their own.
    static func json(_ specialTokens: [Role: String]) -> Data {
        var json: JSONObject = [
            "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
        ]
        for (role, text) in specialTokens { json[role.rawValue] = .string(text) }
        return Data(JSONValue.object(json).sortingNames().text(.expanded).utf8)
    }
}

/// Ids of special tokens that a model's folder names for generating. Models that end their turns in several ways
/// list all of them.
///
/// They are read as `transformers` makes its generation settings: of `generation_config.json` where there is one, or
/// else of `config.json`, there also of the `text_config` inside it.
public struct GenerationTokens: Sendable {
    /// `bos_token_id`.
    public private(set) var beginningOfSequence: Int?
    /// `eos_token_id`, one or many: any of them ends an answer.
    public private(set) var endOfSequence: [Int] = []
    /// `pad_token_id`.
    public private(set) var padding: Int?

    init() {}

    /// - Throws: `TokenizerError` naming the file and the key.
    public init(contentsOf folder: URL) throws {
        self = try TokenizerFiles.readGenerationTokens(in: folder)
    }

    init(_ json: JSONField) throws {
        let nested = try json.optional("text_config")
        func field(_ name: String) throws -> JSONField? {
            try json.optional(name) ?? nested?.optional(name)
        }
        beginningOfSequence = try field("bos_token_id")?.identifiers().first
        padding = try field("pad_token_id")?.integer()
        endOfSequence = try field("eos_token_id")?.identifiers() ?? []
    }
}

extension JSONField {
    /// One id, or a list of them.
    fileprivate func identifiers() throws -> [Int] { try value.integer.map { [$0] } ?? integers() }
}
