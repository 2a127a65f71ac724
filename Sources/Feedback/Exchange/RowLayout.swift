/// How the texts of rows are laid out.
public enum RowLayout: String, CaseIterable, Codable, Sendable {
    /// As the prompt is: text, or a conversation.
    case asGiven = "as-given"
    /// Lists of messages, a plain prompt as a user's.
    case conversational
    /// Plain text; a conversation of a single message is its text.
    case standard
}

/// What annotators are called outside the store.
public enum AnnotatorNaming: String, CaseIterable, Codable, Sendable {
    /// `annotator-7`: the same person has the same number in every export of a store.
    case pseudonym
    /// As they call themselves.
    case name
}
