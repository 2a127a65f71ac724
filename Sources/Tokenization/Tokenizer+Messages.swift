import JSON

extension Tokenizer {
    /// The text of a conversation, laid out by the chat template.
    ///
    /// - Parameters:
    ///   - addGenerationPrompt: whether to end with what opens the assistant's next turn.
    ///   - variables: what else the template is told, such as `tools`.
    public func render(
        _ messages: [Message], addGenerationPrompt: Bool, variables: JSONObject = [:]
    ) throws -> String {
        let variables = telling(variables).told
        return try requireTemplate(variables).render(
            messages, addGenerationPrompt: addGenerationPrompt, specialTokens: templateTokens,
            variables: variables)
    }

    /// The tokens of a conversation. The template writes all special tokens itself, so none are added.
    public func encode(_ messages: [Message], addGenerationPrompt: Bool) throws -> [Int] {
        encode(try render(messages, addGenerationPrompt: addGenerationPrompt), addingSpecialTokens: false)
    }

    /// The tokens of a conversation, and for each one whether the assistant wrote it, wholly or in part.
    ///
    /// What the assistant wrote is what the template puts into `{% generation %}` blocks. For a template without them
    /// it is what a message of the assistant adds to the rendering of the conversation before it with the generation
    /// prompt, up to the special token that ends the turn: the whitespace that some templates write after that token
    /// belongs to nobody, since generation has stopped there.
    ///
    /// - Throws: `TokenizerError.templateNotPrefixPreserving` where such a template rewrites earlier text,
    ///   `generationPromptDiffers` where it begins an answer in another way than its generation prompt.
    public func encodeMarkingAssistant(
        _ messages: [Message], variables: JSONObject = [:]
    ) throws -> (ids: [Int], isAssistant: [Bool]) {
        let variables = telling(variables).told
        let (text, generated) = try requireTemplate(variables).renderMarkingGeneration(
            messages, addGenerationPrompt: false, specialTokens: templateTokens, variables: variables)
        let written =
            generated.isEmpty
            ? try rangesByPrefixRendering(messages, variables) { $0.role == "assistant" } : generated
        return encode(text, marking: written)
    }

    /// The tokens of a conversation, and for each one whether it belongs to a message that `isWanted` is true of, found by
    /// rendering the conversation up to it: of the assistant's messages what it wrote, of others their headers too.
    public func encode(
        _ messages: [Message], markingWhere isWanted: (Message) -> Bool
    ) throws -> (ids: [Int], isMarked: [Bool]) {
        let ranges = try rangesByPrefixRendering(messages, where: isWanted)
        let marked = encode(try render(messages, addGenerationPrompt: false), marking: ranges)
        return (marked.ids, marked.isAssistant)
    }

    private func requireTemplate(_ variables: JSONObject) throws -> ChatTemplate {
        let hasTools = variables["tools"].map { !$0.isNull } ?? false
        guard let template = (hasTools ? toolTemplate : nil) ?? chatTemplate else {
            throw TokenizerError.missingChatTemplate(named: templateNames)
        }
        return template
    }

    /// The special tokens under the names that templates use.
    private var templateTokens: [String: String] {
        Dictionary(uniqueKeysWithValues: specialTokenTexts.map { ($0.key.rawValue, $0.value) })
    }

    /// What the messages that `isWanted` is true of add to the rendering of what is before them.
    private func rangesByPrefixRendering(
        _ messages: [Message], _ variables: JSONObject = [:], where isWanted: (Message) -> Bool
    ) throws -> [Range<Int>] {
        let whole = try render(messages, addGenerationPrompt: false, variables: variables)
        return try messages.indices.filter { isWanted(messages[$0]) }.map { index in
            let isAnswer = messages[index].role == "assistant"
            // Without any message many templates fail.
            let before =
                index == 0 && !isAnswer
                ? ""
                : try render(
                    Array(messages[..<index]), addGenerationPrompt: isAnswer, variables: variables)
            let through = try render(
                Array(messages[...index]), addGenerationPrompt: false, variables: variables)
            guard whole.utf8.starts(with: through.utf8) else {
                throw TokenizerError.templateNotPrefixPreserving(message: index)
            }
            guard through.utf8.starts(with: before.utf8) else {
                throw isAnswer
                    ? TokenizerError.generationPromptDiffers(message: index)
                    : TokenizerError.templateNotPrefixPreserving(message: index)
            }
            let turn = through.utf8.dropFirst(before.utf8.count)
            return before.utf8.count..<through.utf8.count - whitespaceCount(afterSpecialTokenEnding: turn)
        }
    }

    /// How many bytes of whitespace end the turn, if they come right after a special token.
    private func whitespaceCount(afterSpecialTokenEnding turn: Substring.UTF8View) -> Int {
        let content = turn.lastIndex { !Unicode.Scalar($0).properties.isWhitespace || $0 >= 0x80 }
        guard let content else { return 0 }
        let end = turn.index(after: content)
        let endsInSpecialToken = specialTokens.contains {
            turn[..<end].reversed().starts(with: $0.content.utf8.reversed())
        }
        return endsInSpecialToken ? turn[end...].count : 0
    }

    /// Encodes a text whole, so that its tokens do not depend on the ranges, and marks those that touch a range.
    private func encode(_ text: String, marking ranges: [Range<Int>]) -> (ids: [Int], isAssistant: [Bool]) {
        let (text, ranges) = normalized(text, with: ranges)
        let encoding = textEncoder.encode(text, recognisingSpecialTokens: true, recordingRanges: true)
        var remaining = ranges[...]
        let isAssistant = encoding.ranges.map { token in
            while let range = remaining.first, range.upperBound <= token.lowerBound {
                remaining.removeFirst()
            }
            return remaining.first?.overlaps(token) ?? false
        }
        return (encoding.ids, isAssistant)
    }

    /// Normalizes the stretches inside and between the ranges, each for itself. That changes nothing for the tokens,
    /// since normalizing twice is normalizing once, and the ranges then hold for the text as encoded.
    private func normalized(_ text: String, with ranges: [Range<Int>]) -> (String, [Range<Int>]) {
        let bytes = Array(text.utf8)
        var result = ""
        var end = 0
        func appendStretch(to offset: Int) {
            result += textEncoder.normalized(String(decoding: bytes[end..<offset], as: UTF8.self))
            end = offset
        }
        let normalizedRanges = ranges.map { range in
            appendStretch(to: range.lowerBound)
            let start = result.utf8.count
            appendStretch(to: range.upperBound)
            return start..<result.utf8.count
        }
        appendStretch(to: bytes.count)
        return (result, normalizedRanges)
    }
}
