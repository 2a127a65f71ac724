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
    private(set) var chatTemplate: String?

    init() {}

    init(_ json: JSONField) throws {
        for role in Role.allCases {
            specialTokens[role] = try json.optional(role.rawValue).map(Self.tokenText)
        }
        chatTemplate = try json.optional("chat_template").flatMap(Self.templateText)
    }

    /// A token written as its text, or as an object with all the flags of an added token.
    private static func tokenText(_ json: JSONField) throws -> String {
        try json.value.string ?? json.member("content").string()
    }

    /// A template, or a list of named ones, of which `default` is for conversations.
    private static func templateText(_ json: JSONField) throws -> String? {
        if let text = json.value.string { return text }
        return try json.elements().first { try $0.member("name").string() == "default" }?
            .member("template").string()
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

/// What is read of a `generation_config.json`: ids of special tokens. Models that end their turns in several ways list
/// all of them here.
struct GenerationConfiguration {
    var beginningOfSequence: Int?
    var endOfSequence: [Int] = []
    var padding: Int?

    init() {}

    init(_ json: JSONField) throws {
        beginningOfSequence = try json.optional("bos_token_id")?.integer()
        padding = try json.optional("pad_token_id")?.integer()
        if let ids = try json.optional("eos_token_id") {
            endOfSequence = try ids.value.integer.map { [$0] } ?? ids.integers()
        }
    }
}
