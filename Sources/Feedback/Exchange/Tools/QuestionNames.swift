/// A part of an opinion that other tools keep under a name of its own.
enum OpinionPart: String, CaseIterable {
    case preference, strength, ranking, rating, good, edit, flags, reason

    /// Whether there is one for each answer.
    var isPerAnswer: Bool {
        switch self {
        case .rating, .good, .edit, .flags: true
        case .preference, .strength, .ranking, .reason: false
        }
    }

    /// Whether there is one for each aspect.
    var isPerAspect: Bool {
        switch self {
        case .preference, .strength, .ranking, .rating, .good: true
        case .edit, .flags, .reason: false
        }
    }
}

/// What the questions of other tools are called: `preference`, `rating-helpful-2`, and so on.
struct QuestionNames {
    /// Argilla's names have hyphens; in Label Studio's, which become variables, they are underscores.
    let separator: Character
    private let words: [(aspect: String, word: String)]

    init(separator: Character, aspects: [String]) {
        self.separator = separator
        var words: [(aspect: String, word: String)] = []
        for (index, aspect) in aspects.enumerated() {
            let word = Self.word(aspect, separator)
            let isTaken = words.contains { $0.word == word } || word.isEmpty && !aspect.isEmpty
            words.append((aspect, isTaken ? "aspect\(separator)\(index + 1)" : word))
        }
        self.words = words
    }

    /// Letters and digits of ASCII in lower case, anything else as one separator.
    private static func word(_ text: String, _ separator: Character) -> String {
        text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
            .joined(separator: String(separator))
    }

    /// - Parameter position: of the answer, for parts that every answer has.
    func name(_ part: OpinionPart, aspect: String = "", position: Int? = nil) -> String {
        let word = words.first { $0.aspect == aspect }?.word ?? Self.word(aspect, separator)
        let parts = [part.rawValue, part.isPerAspect ? word : "", position.map { "\($0 + 1)" } ?? ""]
        return parts.filter { !$0.isEmpty }.joined(separator: String(separator))
    }

    /// The field of an answer.
    func response(_ position: Int) -> String { "response\(separator)\(position + 1)" }

    /// What a name stands for; nil where it is none of these.
    func parsed(_ name: String) -> (part: OpinionPart, aspect: String, position: Int?)? {
        var words = name.split(separator: separator).map(String.init)
        guard let first = words.first, let part = OpinionPart(rawValue: first) else { return nil }
        words.removeFirst()
        var position: Int?
        if part.isPerAnswer {
            guard let number = words.last.flatMap({ Int($0) }), number > 0 else { return nil }
            position = number - 1
            words.removeLast()
        }
        guard part.isPerAspect || words.isEmpty else { return nil }
        let word = words.joined(separator: String(separator))
        return (part, self.words.first { $0.word == word }?.aspect ?? word, position)
    }
}
