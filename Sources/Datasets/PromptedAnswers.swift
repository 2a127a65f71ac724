import Tokenization

/// A prompt and what was answered to it, the prompt standing there once.
///
/// Beside a prompt as messages an answer as text is what the assistant says. Many sets repeat the prompt: the answers are whole conversations that begin with it, beside a prompt as messages or as the text of
/// the user's turn that they answer.
struct PromptedAnswers {
    private(set) var prompt: Text
    private(set) var answers: [Text]

    /// - Parameter answers: with the columns they stand in.
    /// - Throws: `DataError` where an answer begins with other turns than the prompt, or is of another form.
    init(prompt: Text, answers: [(name: String, text: Text)], in fields: RowFields) throws {
        self.prompt = prompt
        self.answers = answers.map(\.text)
        switch prompt {
        case .plain(let text):
            guard answers.contains(where: \.text.isConversation) else { return }
            try findPrompt(text, in: answers, fields)
        case .messages(let messages):
            try dropPrompt(messages, from: answers, fields)
        }
    }

    // MARK: A prompt as text

    private mutating func findPrompt(
        _ text: String, in answers: [(name: String, text: Text)], _ fields: RowFields
    ) throws {
        var turns: [Message]?
        for (index, answer) in answers.enumerated() {
            guard case .messages(let messages) = answer.text, let end = Self.end(of: text, in: messages)
            else {
                return try refuse(text, answer, fields)
            }
            let own = Array(messages[..<end])
            guard Self.same(turns ?? own, own) else { throw Self.otherTurns(answer.name, fields) }
            turns = own
            self.answers[index] = .messages(Array(messages[end...]))
        }
        if let turns { prompt = .messages(turns) }
    }

    /// Where the last turn of the user ends that says `text` and is answered.
    private static func end(of text: String, in messages: [Message]) -> Int? {
        let wanted = text.split(whereSeparator: \.isWhitespace)
        return messages.indices.dropLast().last {
            messages[$0].role == "user"
                && messages[$0].content.split(whereSeparator: \.isWhitespace) == wanted
        }.map { $0 + 1 }
    }

    private func refuse(
        _ text: String, _ answer: (name: String, text: Text), _ fields: RowFields
    ) throws {
        guard case .messages(let messages) = answer.text, messages[0].role != "assistant" else {
            return try fields.requireSameForm(("prompt", .plain(text)), answer)
        }
        throw Self.otherTurns(answer.name, fields)
    }

    // MARK: A prompt as messages

    private mutating func dropPrompt(
        _ turns: [Message], from answers: [(name: String, text: Text)], _ fields: RowFields
    ) throws {
        var systems: [Message?] = []
        for (index, answer) in answers.enumerated() {
            switch answer.text {
            case .plain(let text): self.answers[index] = prompt.answer(text)
            case .messages(let messages):
                let (rest, system) = try Self.after(turns, messages, answer.name, fields)
                guard !rest.isEmpty else {
                    throw fields.invalid(
                        answer.name, expected: "an answer to the prompt", found: "the prompt alone")
                }
                systems.append(system)
                self.answers[index] = .messages(rest)
            }
        }
        guard let system = systems.first ?? nil else {
            guard systems.allSatisfy({ $0 == nil }) else { throw Self.otherTurns(answers[0].name, fields) }
            return
        }
        guard systems.allSatisfy({ $0?.content == system.content }) else {
            throw Self.otherTurns(answers[answers.count - 1].name, fields)
        }
        prompt = .messages([system] + turns)
    }

    /// What comes after the prompt, and the system turn that the answer alone begins with.
    private static func after(
        _ turns: [Message], _ messages: [Message], _ name: String, _ fields: RowFields
    ) throws -> (rest: [Message], system: Message?) {
        if begins(messages, with: turns) { return (Array(messages.dropFirst(turns.count)), nil) }
        if turns[0].isSystem, turns.count > 1, begins(messages, with: Array(turns.dropFirst())) {
            return (Array(messages.dropFirst(turns.count - 1)), nil)
        }
        if messages[0].isSystem, !turns[0].isSystem, begins(Array(messages.dropFirst()), with: turns) {
            return (Array(messages.dropFirst(turns.count + 1)), messages[0])
        }
        // After an answer or a system turn the conversation goes on with whatever comes.
        let goesOn = turns[turns.count - 1].role == "assistant" || turns[turns.count - 1].isSystem
        guard goesOn || !(messages[0].isSystem || messages[0].role == "user") else {
            throw otherTurns(name, fields)
        }
        return (messages, nil)
    }

    private static func begins(_ messages: [Message], with turns: [Message]) -> Bool {
        messages.count >= turns.count && zip(messages, turns).allSatisfy { $0.says($1) }
    }

    private static func same(_ first: [Message], _ second: [Message]) -> Bool {
        first.count == second.count && begins(first, with: second)
    }

    private static func otherTurns(_ name: String, _ fields: RowFields) -> DataError {
        fields.invalid(
            name, expected: "the answer alone, or the turns of \"prompt\" before it,", found: "other turns",
            remedy: "leave the turns before the answer out, or the column \"prompt\"")
    }
}
