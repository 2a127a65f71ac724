/// What users should know of rows that are used: they are laid out in another way than it seems.
public enum RowRemark: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
    /// Prompt and answer are plain text, and the model has a chat template, which is not used.
    case plainText
    /// The chat template leaves out or changes what the assistant says in the row.
    case answersChanged
    /// Somebody speaks whom few chat templates know.
    case unknownRole
    /// All answers that are judged are the same.
    case sameAnswers
    /// An answer that is judged has no text.
    case emptyAnswer
    /// Which answer is the better one is a probability.
    case softLabel

    /// The remark about rows or prompts.
    /// - Parameters:
    ///   - count: of those that it is about.
    ///   - total: of all.
    ///   - things: what they are, in the plural.
    ///   - examples: where some of them are.
    public func note(_ count: Int, of total: Int, _ things: String, examples: [Place]) -> String {
        let places =
            examples.map(\.description).joined(separator: ", ") + (count > examples.count ? ", …" : "")
        let subject = "\(count) of \(total) \(things) (\(places))"
        switch self {
        case .plainText:
            return
                "\(subject): plain text goes to the model as it stands, without the model's chat template; "
                + "--chat-prompts lays prompts out as a user's message and answers as the assistant's"
        case .answersChanged:
            return
                "\(subject): the chat template leaves out or changes what the assistant says, such as its reasoning, "
                + "and what is learned is what the template writes; 'heed tokenizer template' shows it"
        case .unknownRole:
            return
                "\(subject): a role other than system, user, assistant or tool; the chat template lays out its turns as "
                + "it does any role's, and 'heed tokenizer template' shows how"
        case .sameAnswers:
            return
                "\(subject): the answers are the same, so the judgment between them teaches nothing and is neither right nor "
                + "wrong; remove these rows"
        case .emptyAnswer:
            return
                "\(subject): an answer has no text, so what is learned of it is where to end; is a column missing?"
        case .softLabel:
            return
                "\(subject): \"preference\" is the probability that the chosen answer is the better one, and the loss is what is "
                + "expected under it; accuracies count the chosen answer"
        }
    }
}
