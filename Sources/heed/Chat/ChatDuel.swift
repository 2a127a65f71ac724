import Datasets
import Feedback
import Foundation
import JSON
import LanguageModels
import Models
import Settings
import Tokenization
import Training

/// A conversation that offers two answers to choose from at every turn, without names and on sides drawn by chance; what
/// is chosen goes into a store, and the conversation continues from it.
struct ChatDuel: ChatPartner {
    private var session: ChatSession
    private let opponent: ChatSession?
    private let policies: [Policy]
    private let store: FeedbackStore
    private let project: Project
    private let person: Feedback.Annotator.ID
    private var stored: Conversation?
    private var parent: Item.ID?

    /// A turn that waits for a vote.
    struct Turn {
        let assignment: Assignment
        let question: String
        let answers: [ChatSession.Reply]

        /// As they are shown: the first is A.
        var shown: [ChatSession.Reply] { assignment.arrangement.map { answers[$0] } }
    }

    /// - Throws: `InvalidSetting` where both answers of every turn would be the same.
    init(_ settings: ChatConfiguration, store path: String, context: RunContext) throws {
        session = try ChatSession(settings, context: context)
        opponent = try settings.against.map { other in
            var settings = settings
            settings.model = other
            return try ChatSession(settings, context: context)
        }
        guard opponent != nil || !settings.sampler.parameters.isGreedy else {
            throw InvalidSetting(
                "greedy", expected: "a temperature above 0, as one model writes both answers of a turn",
                found: "greedy decoding")
        }
        let sampler = try JSONValue(encoding: settings.sampler).object ?? [:]
        policies = try [settings.model, settings.against ?? settings.model].compactMap(\.self).map { model in
            let source = try ModelSource(model, on: context.computation)
            return Policy(name: NamedPath(model).name, hash: try source.contentHash(), sampler: sampler)
        }
        let store = try FeedbackStore(at: URL(fileURLWithPath: path), .create)
        self.store = store
        let name = NSUserName()
        (project, person) = try store.write(by: nil) { writer in
            let project =
                try writer.reader.project(named: "terminal")
                ?? writer.createProject("terminal", ProjectDefinition(task: .chat))
            if try writer.reader.annotator(named: name) == nil { _ = try writer.localLead(name: name) }
            guard let person = try writer.reader.annotator(named: name) else {
                throw FeedbackError.noAnnotator(name)
            }
            return (project, person.id)
        }
    }

    var conversation: [Message] { session.conversation }

    mutating func reset() {
        session.reset()
        (stored, parent) = (nil, nil)
    }

    mutating func reset(system: String) {
        session.reset(system: system)
        (stored, parent) = (nil, nil)
    }

    /// Two answers to what was asked.
    mutating func ask(_ question: String) throws -> Turn {
        let other = opponent ?? session
        let answers = [
            try session.draft(question, number: 0), try other.draft(question, after: session, number: 1),
        ]
        let responses = zip(answers, policies).map { answer, policy in
            ItemResponse(
                text: answer.text, finish: answer.finish.recorded, policy: policy)
        }
        let (project, parent) = (project, parent)
        let prompt = Text.messages(session.conversation(asking: question))
        let former = stored
        let (conversation, assignment) = try store.write(by: person) { writer in
            let conversation = try former ?? writer.startConversation(in: project.id)
            let assignment = try writer.addTurn(
                to: conversation.id, prompt: prompt, responses: responses, parent: parent)
            return (conversation, assignment)
        }
        stored = conversation
        return Turn(assignment: assignment, question: question, answers: answers)
    }

    /// Keeps a vote, and continues from the better answer, or from the first that was shown.
    mutating func vote(_ verdict: ItemVerdict, on turn: Turn, seconds: Double) throws {
        let opinion = Opinion(verdicts: ["": verdict])
        try store.write(by: person) { writer in
            _ = try writer.submit(
                Submission(
                    assignment: turn.assignment.id, request: UUID(), opinion: opinion, seconds: seconds))
        }
        var position = turn.assignment.arrangement[0]
        if case .better(let better, _) = verdict { position = better }
        session.keep(turn.answers[position], to: turn.question)
        parent = turn.assignment.item.id
    }

    /// What a line says about a turn: `a` or `b`, followed by how much (`a3`), `=` for a tie, `-` where both are bad.
    static func verdict(_ line: String, on turn: Turn) -> ItemVerdict? {
        switch line.lowercased() {
        case "=": return .tie
        case "-": return .bothBad
        case let word:
            guard let place = word.first.flatMap({ "ab".firstIndex(of: $0) }) else { return nil }
            let degree = word.dropFirst()
            guard let strength = degree.isEmpty ? 1 : Int(degree), (1...4).contains(strength) else {
                return nil
            }
            let side = "ab".distance(from: "ab".startIndex, to: place)
            return .better(turn.assignment.arrangement[side], strength: strength)
        }
    }
}
