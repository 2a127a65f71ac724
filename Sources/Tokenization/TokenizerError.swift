import Errors

/// What can be wrong with a tokenizer's files, or with what is asked of a tokenizer.
public enum TokenizerError: CategorizedError, Equatable, CustomStringConvertible {
    /// A file is missing or cannot be read.
    case unreadable(file: String, reason: String)
    /// A file cannot be written.
    case unwritable(file: String, reason: String)
    /// A file does not have the form it must have. `place` is the path of keys inside it, such as `model.merges`.
    case malformed(file: String, place: String, expected: String, found: String)
    /// A file is well-formed and asks for something that is not implemented.
    case unsupported(file: String, place: String, found: String, supported: String)
    /// A special token that a file names is not in the vocabulary.
    case unknownSpecialToken(file: String, text: String)
    /// Messages cannot be rendered without a chat template; those of these names are for something else.
    case missingChatTemplate(named: [String])
    /// The template has no `{% generation %}` block, and rendering the conversation up to an assistant's message
    /// (counted from 0) does not give a prefix of rendering it whole, so what the assistant wrote cannot be determined.
    case templateNotPrefixPreserving(message: Int)
    /// The template has no such block, and does not begin an assistant's message (counted from 0) with its generation
    /// prompt.
    case generationPromptDiffers(message: Int)

    public var category: ErrorCategory {
        switch self {
        case .unreadable: .missingInput
        case .unwritable: .inputOutput
        case .malformed, .unsupported, .unknownSpecialToken, .missingChatTemplate,
            .templateNotPrefixPreserving, .generationPromptDiffers:
            .badData
        }
    }

    public var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "\(file): expected a readable file, found: \(reason). Check the path, or fetch the model again."
        case .unwritable(let file, let reason):
            "\(file): cannot be written: \(reason). Free some space on that disk, or check its permissions."
        case .malformed(let file, let place, let expected, let found):
            "\(file): \(place): expected \(expected), found \(found). "
                + "Fetch the file again, or correct it there."
        case .unsupported(let file, let place, let found, let supported):
            "\(file): \(place): expected \(supported), found \(found), which is not supported. "
                + "Use a model whose tokenizer is a byte-level BPE of the GPT-2, SmolLM2, Qwen2 or Llama-3 kind."
        case .unknownSpecialToken(let file, let text):
            "\(file): expected special tokens of the vocabulary, found \"\(text)\". "
                + "Name a token that the model was trained with, or take the entry out."
        case .missingChatTemplate(let names):
            "expected a chat template beside the tokenizer, found "
                + (names.isEmpty ? "none. " : "none called default, only \(names.joined(separator: ", ")). ")
                + "Put a chat_template.jinja into the model's folder, or use plain text in place of messages."
        case .templateNotPrefixPreserving(let message):
            "chat template: expected the rendering up to message \(message) to be a prefix of the rendering of the "
                + "whole conversation, found that later messages change it. "
                + Self.markingRemedy
        case .generationPromptDiffers(let message):
            "chat template: expected message \(message) to begin with the generation prompt, found that the prompt opens "
                + "something else, as <think> in templates of reasoning models, than the message has. "
                + Self.markingRemedy + " Or write the message as that prompt opens it."
        }
    }

    private static let markingRemedy =
        "Mark the assistant's text in the template with {% generation %} … {% endgeneration %}."
}
