/// A text field of a row: plain text, or the turns of a conversation.
public enum RowText: Codable, Hashable, Sendable {
    case plain(String)
    case turns([Turn])

    public struct Turn: Codable, Hashable, Sendable {
        public var role: String
        public var content: String

        public init(role: String, content: String) {
            self.role = role
            self.content = content
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .plain(text)
        } else {
            self = .turns(try container.decode([Turn].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .plain(let text): try container.encode(text)
        case .turns(let turns): try container.encode(turns)
        }
    }

    /// What was asked: the text itself, or the last user turn.
    public var question: String {
        switch self {
        case .plain(let text): text
        case .turns(let turns): turns.last { $0.role == "user" }?.content ?? ""
        }
    }

    /// An answer to this prompt in the prompt's own form.
    func answer(_ text: String) -> RowText {
        switch self {
        case .plain: .plain(text)
        case .turns: .turns([Turn(role: "assistant", content: text)])
        }
    }
}

/// A prompt with the answers that a model gave: a row that `sample` writes.
public struct ResponsesRow: Codable, Hashable, Sendable {
    public struct Response: Codable, Hashable, Sendable {
        public enum Finish: String, Codable, Sendable { case stop, length }

        public var text: String
        /// `nil` where nobody recorded it; such an answer is judged as finished.
        public var finish: Finish?

        public init(text: String, finish: Finish?) {
            self.text = text
            self.finish = finish
        }
    }

    public var prompt: RowText
    public var responses: [Response]
    /// The hash of the model that wrote the responses.
    public var policy: String?

    public init(prompt: RowText, responses: [Response], policy: String? = nil) {
        self.prompt = prompt
        self.responses = responses
        self.policy = policy
    }

    var answers: [Answer] {
        responses.map { Answer(prompt: prompt.question, text: $0.text, isFinished: $0.finish != .length) }
    }
}

/// A judged pair: a comparison in TRL's schema, with how it came about in further columns.
public struct JudgedComparison: Codable, Hashable, Sendable {
    public var prompt: RowText
    public var chosen: RowText
    public var rejected: RowText
    public var annotator: String
    /// Always `true` here; a person's judgment does not carry the column.
    public var simulated: Bool
    public var chosenScore: Double
    public var rejectedScore: Double
    /// The probability, before the draw, that this answer would be the chosen one; below one half where the
    /// judgment went against the scores.
    public var probability: Double
    public var policy: String?

    private enum CodingKeys: String, CodingKey {
        case prompt, chosen, rejected, annotator, simulated, probability, policy
        case chosenScore = "chosen_score"
        case rejectedScore = "rejected_score"
    }
}

/// A rated answer; the rating is the annotator's score on its own open scale.
public struct JudgedRating: Codable, Hashable, Sendable {
    public var prompt: RowText
    public var response: RowText
    public var rating: Double
    public var annotator: String
    public var simulated: Bool
    public var policy: String?
}
