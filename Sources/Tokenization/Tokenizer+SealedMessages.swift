extension Tokenizer {
    /// The tokens of a conversation of which people write parts: what its messages say is text, also where it is the
    /// spelling of a special token, so that nobody ends a turn or opens one but the template.
    ///
    /// Training rows are laid out by `encode(_:addGenerationPrompt:)`, as other trainers lay them out, and there such
    /// spellings are control.
    public func encodeSealed(_ messages: [Message], addGenerationPrompt: Bool) throws -> [Int] {
        let spellings = specialTokens.map(\.content).filter { $0.unicodeScalars.count > 1 }
        let contents = messages.map(\.content)
        let isNeeded = contents.contains { content in spellings.contains { PythonText.contains(content, $0) }
        }
        guard isNeeded, !specialTokens.contains(where: \.isNormalized) else {
            return try encode(messages, addGenerationPrompt: addGenerationPrompt)
        }
        let seal = Self.seal(absentFrom: contents)
        let sealed = messages.map { message in
            var sealed = message
            if !message.content.isEmpty { sealed.content = Self.sealed(message.content, spellings, by: seal) }
            return sealed
        }
        return textEncoder.encode(
            try render(sealed, addGenerationPrompt: addGenerationPrompt), sealedBy: seal)
    }

    /// Breaks every spelling up after its first character.
    private static func sealed(_ text: String, _ spellings: [String], by seal: Unicode.Scalar) -> String {
        spellings.reduce(text) { text, spelling in
            let scalars = spelling.unicodeScalars
            let broken = String(scalars.prefix(1)) + String(seal) + String(scalars.dropFirst())
            return PythonText.replacing(spelling, with: broken, in: text)
        }
    }

    /// One of the characters that Unicode keeps for use inside programs.
    private static func seal(absentFrom texts: [String]) -> Unicode.Scalar {
        let seals = (0xFDD0...0xFDEF).compactMap { Unicode.Scalar($0 as Int) }
        return seals.first { seal in !texts.contains { $0.unicodeScalars.contains(seal) } } ?? seals[0]
    }
}
