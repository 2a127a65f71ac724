import Foundation

/// What is read of a `tokenizer_config.json`.
struct TokenizerConfiguration: Decodable {
    /// The parts that special tokens play, by the names under which files and chat templates have them.
    enum Role: String, CaseIterable, CodingKey {
        case beginningOfSequence = "bos_token"
        case endOfSequence = "eos_token"
        case padding = "pad_token"
        case unknown = "unk_token"
    }

    private(set) var specialTokens: [Role: String] = [:]
    private(set) var chatTemplate: String?

    private enum CodingKeys: String, CodingKey { case chatTemplate = "chat_template" }

    init() {}

    init(from decoder: any Decoder) throws {
        let roles = try decoder.container(keyedBy: Role.self)
        for role in Role.allCases {
            specialTokens[role] = try roles.decodeIfPresent(TokenText.self, forKey: role)?.text
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        chatTemplate = try container.decodeIfPresent(TemplateText.self, forKey: .chatTemplate)?.text
    }

    /// A configuration that names these special tokens.
    ///
    /// Its class is the one that takes `tokenizer.json` as it is: those named after models rebuild it from the
    /// vocabulary with a pre-tokenizer of their own.
    static func json(_ specialTokens: [Role: String]) throws -> Data {
        var json: [String: Any] = [
            "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
        ]
        for (role, text) in specialTokens { json[role.rawValue] = text }
        return try JSONSerialization.data(
            withJSONObject: json, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    }

    /// A token written as its text, or as an object with all the flags of an added token.
    private struct TokenText: Decodable {
        let text: String
        private enum CodingKeys: CodingKey { case content }

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                self.text = text
            } else {
                text = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .content)
            }
        }
    }

    /// A template, or a list of named ones, of which `default` is for conversations.
    private struct TemplateText: Decodable {
        let text: String?
        private struct Named: Decodable { let name, template: String }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else {
                text = try container.decode([Named].self).first { $0.name == "default" }?.template
            }
        }
    }
}

/// What is read of a `generation_config.json`: ids of special tokens. Models that end their turns in several ways list
/// all of them here.
struct GenerationConfiguration: Decodable {
    var beginningOfSequence: Int?
    var endOfSequence: [Int] = []
    var padding: Int?

    private enum CodingKeys: String, CodingKey {
        case beginningOfSequence = "bos_token_id"
        case endOfSequence = "eos_token_id"
        case padding = "pad_token_id"
    }

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        beginningOfSequence = try container.decodeIfPresent(Int.self, forKey: .beginningOfSequence)
        padding = try container.decodeIfPresent(Int.self, forKey: .padding)
        if let id = try? container.decodeIfPresent(Int.self, forKey: .endOfSequence) {
            endOfSequence = [id]
        } else {
            endOfSequence = try container.decodeIfPresent([Int].self, forKey: .endOfSequence) ?? []
        }
    }
}
