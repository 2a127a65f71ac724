import Datasets
import Feedback
import JSON
import Tokenization

/// An item as an annotator may see it. What is not here is not sent: models, how answers ended, whether the item is gold or
/// shown again, who else has judged it.
struct ShownItem: Encodable, Sendable {
    struct Message: Encodable, Sendable {
        let role: String
        let content: String

        /// A prompt as a conversation.
        static func all(_ prompt: Text) -> [Message] {
            switch prompt {
            case .plain(let text): [Message(role: "user", content: text)]
            case .messages(let messages): messages.map { Message(role: $0.role, content: $0.content) }
            }
        }
    }

    struct Answer: Encodable, Sendable {
        let letter: String
        let text: String
    }

    let assignment: Assignment.ID
    let version: Int
    /// How many opinions were given on it; what is submitted next replaces the last.
    let revision: Int
    let isPractice: Bool
    let prompt: [Message]
    let answers: [Answer]
    let opinion: ShownOpinion?
    let draft: JSONValue?

    init(_ assignment: Assignment) {
        self.assignment = assignment.id
        version = assignment.version
        revision = assignment.revision
        isPractice = assignment.isFeedbackGiven
        prompt = Message.all(assignment.item.prompt)
        answers = assignment.arrangement.enumerated().map { place, position in
            Answer(letter: Letters.letter(place), text: assignment.item.responses[position].text)
        }
        opinion = assignment.opinion.map { ShownOpinion($0, assignment.arrangement) }
        draft = assignment.draft
    }
}

/// What a project asks, as an annotator may know it: nothing of shares, overlap or what comes next.
struct ShownProject: Encodable, Sendable {
    struct ShownAspect: Encodable, Sendable {
        let name: String
        let question: String
    }

    let version: Int
    let task: LabellingTask
    let question: String
    let guidelines: String
    let aspects: [ShownAspect]
    let lowestMark: Int
    let highestMark: Int
    let strengths: Int
    let allowsTie: Bool
    let allowsBothBad: Bool
    let reason: Requirement
    let allowsEdit: Bool

    init(_ project: Project) {
        let definition = project.definition
        version = project.version
        task = definition.task
        question = definition.question
        guidelines = definition.guidelines
        aspects = definition.aspects.map { ShownAspect(name: $0.name, question: $0.question) }
        lowestMark = definition.lowestMark
        highestMark = definition.highestMark
        strengths = definition.strengths
        allowsTie = definition.allowsTie
        allowsBothBad = definition.allowsBothBad
        reason = definition.reason
        allowsEdit = definition.allowsEdit
    }
}

/// What a person is told after a practice item.
struct ShownFeedback: Encodable, Sendable {
    let agrees: Bool
    let expected: ShownOpinion
    let explanation: String

    init(_ feedback: TrainingFeedback, _ arrangement: [Int]) {
        agrees = feedback.agrees
        expected = ShownOpinion(feedback.expected, arrangement)
        explanation = feedback.explanation
    }
}

/// How far a person is.
struct ShownPace: Encodable, Sendable {
    let today: Int
    let judged: Int
    /// Items of the project that enough people have judged, and all of them.
    let complete: Int
    let items: Int
}
