import Tokenization

/// A prompt and its completion as one sequence of tokens.
struct JoinedTokens {
    let tokens: [Int]
    /// How many of the tokens are the prompt's.
    let promptCount: Int
    /// What a user should know about how they were laid out.
    let remarks: Set<RowRemark>
}

/// A whole text as tokens.
struct WholeTokens {
    let ids: [Int]
    /// What a user should know about how they were laid out.
    let remarks: Set<RowRemark>
}

extension Tokenizer {
    /// A prompt as a model is given it before it answers: plain text as it is, a conversation in the chat template
    /// with the header of the answer.
    public func encode(prompt: Text) throws -> [Int] {
        switch prompt {
        case .plain(let text): encode(text)
        case .messages(let messages): try encode(messages, addGenerationPrompt: true)
        }
    }

    /// - Parameter place: the row that an error is to name.
    public func encode(prompt: Text, at place: Place) throws -> [Int] {
        try reportingTemplateErrors(at: place) { try encode(prompt: prompt) }
    }

    /// The tokens of prompt and completion, written out as one text and tokenised as a whole.
    ///
    /// The completion begins where these tokens first differ from those of the prompt alone, so that a token made of
    /// the end of the prompt and the beginning of the completion belongs to the completion.
    func encode(prompt: Text, completion: Text, at place: Place) throws -> JoinedTokens {
        let whole = try encodeWhole(prompt: prompt, response: completion, at: place)
        let promptTokens = try encode(prompt: prompt, at: place)
        return JoinedTokens(
            tokens: whole.ids, promptCount: zip(promptTokens, whole.ids).prefix { $0 == $1 }.count,
            remarks: whole.remarks)
    }

    /// The tokens of a prompt with its response, or of a whole text where `prompt` is nil. Plain text ends with the
    /// end-of-sequence token; a conversation ends as the chat template ends it.
    func encodeWhole(prompt: Text?, response: Text, at place: Place) throws -> WholeTokens {
        switch (prompt, response) {
        case (nil, .plain(let text)):
            return WholeTokens(ids: encode(try endingSequence(text, at: place)), remarks: [])
        case (.plain(let prompt)?, .plain(let text)):
            return WholeTokens(
                ids: encode(prompt + (try endingSequence(text, at: place))),
                remarks: chatTemplate == nil ? [] : [.plainText])
        case (nil, .messages(let messages)):
            return try encodeConversation([], messages, at: place)
        case (.messages(let prompt)?, .messages(let messages)):
            return try encodeConversation(prompt, messages, at: place)
        case (.plain?, .messages), (.messages?, .plain):
            throw DataError(
                at: place, expected: "prompt and answer both as text or both as messages",
                found: "one of each",
                remedy: "write both in the same form")
        }
    }

    private func encodeConversation(
        _ prompt: [Message], _ answers: [Message], at place: Place
    ) throws -> WholeTokens {
        try reportingTemplateErrors(at: place) {
            let messages = prompt + answers
            let text = try render(messages, addGenerationPrompt: false)
            var remarks: Set<RowRemark> = []
            if !RenderedAnswers(text).areWhole(answers, after: prompt) { remarks.insert(.answersChanged) }
            if !messages.allSatisfy({ ChatRole.known.contains($0.role) }) { remarks.insert(.unknownRole) }
            return WholeTokens(ids: encode(text, addingSpecialTokens: false), remarks: remarks)
        }
    }

    /// `text` followed by the text of the end-of-sequence token, unless it ends so already.
    private func endingSequence(_ text: String, at place: Place) throws -> String {
        guard let end = endOfSequence?.text else {
            throw DataError(
                at: place, expected: "a tokenizer with an end-of-sequence token to teach where answers stop",
                found: "one without", remedy: "name the token as \"eos_token\" in tokenizer_config.json")
        }
        // By bytes: `hasSuffix` compares whole characters up to canonical equivalence.
        return text.utf8.suffix(end.utf8.count).elementsEqual(end.utf8) ? text : text + end
    }

    /// Adds the row to what the chat template complains about.
    func reportingTemplateErrors<Result>(at place: Place, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            throw DataError(
                at: place, expected: "messages that the chat template can lay out", found: "\(error)",
                remedy: "fix the row or give a tokenizer with a fitting chat template")
        }
    }
}
