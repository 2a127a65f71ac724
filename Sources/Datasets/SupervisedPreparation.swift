import Tokenization

/// Whether the prompt of a row with prompt and completion is left out of the loss.
public enum CompletionOnly: String, Codable, CaseIterable, Sendable {
    /// On for rows with a completion, off for the others.
    case auto
    /// As `auto`, and rows without a completion are an error.
    case on
    /// Every token is learned.
    case off
}

/// Rows for supervised fine-tuning and language modelling.
///
/// Plain text gets the end-of-sequence token; a conversation is laid out by the chat template. A row that is longer
/// than the maximum keeps its start, and is dropped where no token to learn is left.
public struct SupervisedPreparation: Preparation {
    public var tokenizer: Tokenizer
    /// In tokens; nil for no limit.
    public let maximumLength: Int?
    public let completionOnly: CompletionOnly
    /// Learn only what the assistant wrote, as the chat template marks it.
    public let assistantOnly: Bool

    public init(
        tokenizer: Tokenizer, maximumLength: Int?, completionOnly: CompletionOnly = .auto,
        assistantOnly: Bool = false
    ) {
        self.tokenizer = tokenizer
        self.maximumLength = maximumLength
        self.completionOnly = completionOnly
        self.assistantOnly = assistantOnly
    }

    public func prepare(_ row: SourcedRow<SupervisedRow>) throws -> PreparedRow<TokenizedSequence> {
        let (whole, remarks) = try sequence(row.row, at: row.place)
        guard whole.countedTokens > 0 else { return .dropped(.nothingToLearn) }
        let sequence = maximumLength.map(whole.prefix) ?? whole
        guard sequence.countedTokens > 0 else { return .dropped(.noCountedToken) }
        let length = sequence.tokens.count
        return .kept(sequence, tokens: length, cut: whole.tokens.count - length, remarks: remarks)
    }

    private func sequence(
        _ row: SupervisedRow, at place: Place
    ) throws -> (TokenizedSequence, remarks: Set<RowRemark>) {
        switch row {
        case .text(let row):
            try refuseCompletionOnly(at: place)
            try refuseAssistantOnly(at: place)
            let whole = try tokenizer.encodeWhole(prompt: nil, response: .plain(row.text), at: place)
            return (learned(whole.ids), whole.remarks)
        case .messages(let row):
            try refuseCompletionOnly(at: place)
            let whole = try tokenizer.encodeWhole(prompt: nil, response: .messages(row.messages), at: place)
            let sequence = isMarked(row.messages) ? try marked(row.messages, at: place) : learned(whole.ids)
            return (sequence, whole.remarks)
        case .completion(let row):
            return try completion(row, at: place)
        }
    }

    private func learned(_ tokens: [Int]) -> TokenizedSequence {
        TokenizedSequence(tokens: tokens, labels: Array(repeating: true, count: tokens.count))
    }

    /// Whether some messages are to be learned and others not.
    private func isMarked(_ messages: [Message]) -> Bool {
        assistantOnly || messages.contains(where: \.isLeftOut)
    }

    /// A conversation of which some messages are to be learned and others not.
    private func marked(_ messages: [Message], at place: Place) throws -> TokenizedSequence {
        try tokenizer.reportingTemplateErrors(at: place) {
            let (tokens, labels) = try labelled(messages)
            guard messages.contains(where: \.isLeftOut) else {
                return TokenizedSequence(tokens: tokens, labels: labels)
            }
            let leftOut = try tokenizer.encode(messages, markingWhere: \.isLeftOut).isMarked
            return TokenizedSequence(tokens: tokens, labels: zip(labels, leftOut).map { $0 && !$1 })
        }
    }

    /// The tokens of a conversation and which are to be learned by the settings alone.
    private func labelled(_ messages: [Message]) throws -> (tokens: [Int], labels: [Bool]) {
        guard assistantOnly else {
            let tokens = try tokenizer.encode(messages, addGenerationPrompt: false)
            return (tokens, Array(repeating: true, count: tokens.count))
        }
        let marked = try tokenizer.encodeMarkingAssistant(messages)
        return (marked.ids, marked.isAssistant)
    }

    private func completion(
        _ row: CompletionRow, at place: Place
    ) throws -> (TokenizedSequence, remarks: Set<RowRemark>) {
        let joined = try tokenizer.encode(prompt: row.prompt, completion: row.completion, at: place)
        var labels = Array(repeating: true, count: joined.tokens.count)
        if case (.messages(let prompt), .messages(let completion)) = (row.prompt, row.completion) {
            let messages = prompt + completion
            if isMarked(messages) { labels = try marked(messages, at: place).labels }
        } else if assistantOnly {
            throw assistantOnlyError(at: place)
        }
        if completionOnly != .off {
            for index in 0..<joined.promptCount { labels[index] = false }
        }
        return (TokenizedSequence(tokens: joined.tokens, labels: labels), joined.remarks)
    }

    // MARK: Settings that do not fit a row

    private func refuseCompletionOnly(at place: Place) throws {
        guard completionOnly == .on else { return }
        throw DataError(
            at: place, expected: "\"prompt\" and \"completion\", as the loss is on completions only",
            found: "a row without completion",
            remedy: "use --completion-only auto, or give rows with both columns")
    }

    private func refuseAssistantOnly(at place: Place) throws {
        if assistantOnly { throw assistantOnlyError(at: place) }
    }

    private func assistantOnlyError(at place: Place) -> DataError {
        DataError(
            at: place, expected: "messages, as the loss is on the assistant's tokens only",
            found: "plain text",
            remedy: "leave out --assistant-only, or give conversations")
    }
}
