import Tokenization

/// A stretch of an answer that begins and ends between tokens of two tokenizers: the same bytes in both.
struct AlignedSpan: Hashable, Sendable {
    /// The student's tokens, by their position among those that are scored.
    var student: Range<Int>
    /// The teacher's.
    var teacher: Range<Int>
}

/// An answer as the bytes of its tokens.
struct SpelledAnswer {
    /// Of each scored token.
    let tokens: [[UInt8]]
    /// Where the first of them begins, in bytes from the beginning of the text that both tokenizers have in common.
    let start: Int

    /// What stands for the end of an answer, however a model spells it: no byte of UTF-8.
    static let end: [UInt8] = [0xFF]

    /// The shortest stretches that both spell alike, in their order, until the texts part.
    static func spans(student: SpelledAnswer, teacher: SpelledAnswer) -> [AlignedSpan] {
        var (own, other) = (Walk(student), Walk(teacher))
        var spans: [AlignedSpan] = []
        // Tokens before the first boundary that both have, where they do not begin together.
        while own.place != other.place {
            guard own.place < other.place ? own.advance() : other.advance() else { return spans }
        }
        own.open()
        other.open()
        while own.advance(), other.advance() {
            while own.place != other.place {
                guard own.place < other.place ? own.advance() : other.advance() else { return spans }
            }
            guard own.spelled == other.spelled else { return spans }
            spans.append(AlignedSpan(student: own.opened..<own.next, teacher: other.opened..<other.next))
            own.open()
            other.open()
        }
        return spans
    }

    /// How far one side has been read.
    private struct Walk {
        private let answer: SpelledAnswer
        /// Bytes from the beginning.
        private(set) var place: Int
        /// The token that comes next.
        private(set) var next = 0
        /// The first token since the last boundary, and the bytes since then.
        private(set) var opened = 0
        private(set) var spelled: [UInt8] = []

        init(_ answer: SpelledAnswer) {
            self.answer = answer
            place = answer.start
        }

        /// Takes the next token that spells something; false at the end.
        mutating func advance() -> Bool {
            guard next < answer.tokens.count else { return false }
            spelled += answer.tokens[next]
            place += answer.tokens[next].count
            next += 1
            return true
        }

        mutating func open() {
            opened = next
            spelled = []
        }
    }
}

extension Tokenizer {
    /// The bytes that each token stands for; the end of an answer stands for itself.
    /// - Parameter stopTokens: that end an answer.
    func spelled(_ tokens: [Int], stopTokens: Set<Int>) -> [[UInt8]] {
        tokens.map { token in
            guard !stopTokens.contains(token) else { return SpelledAnswer.end }
            var bytes: [UInt8] = []
            appendContent(of: token, skippingSpecialTokens: false, to: &bytes)
            return bytes
        }
    }
}
