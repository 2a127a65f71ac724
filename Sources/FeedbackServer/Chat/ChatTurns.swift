import Datasets
import Feedback
import Foundation
import Hummingbird
import Tokenization

/// What a page is told while a turn is written.
enum TurnEvent: Sendable {
    /// More of the answer under this letter.
    case text(String, letter: String)
    /// The turn is stored and can be judged.
    case turn(ShownItem)
    case problem(String)
}

/// The turns that models are writing at the moment. They are written whether or not a page looks on, so that a reload in
/// the middle loses nothing: a page that comes back gets what is there and then the rest.
actor ChatTurns {
    /// What is asked of the models.
    struct Order: Sendable {
        let conversation: Conversation.ID
        let person: Annotator.ID
        let messages: [Message]
        let parent: Item.ID?
        /// The answer's position for each side.
        let arrangement: [Int]
        let policies: [Int]
        let seed: UInt64

        func letter(of position: Int) -> String {
            Letters.letter(arrangement.firstIndex(of: position) ?? position)
        }
    }

    private struct Turn {
        let order: Order
        var texts: [String] = ["", ""]
        var responses: [Datasets.Response?] = [nil, nil]
        var onlookers: [AsyncStream<TurnEvent>.Continuation] = []
    }

    /// Turns that are written at the same time, at most.
    private static let capacity = 64

    private let store: FeedbackStore
    private let answerer: any ChatAnswerer
    private var turns: [Conversation.ID: Turn] = [:]

    init(_ store: FeedbackStore, _ answerer: any ChatAnswerer) {
        self.store = store
        self.answerer = answerer
    }

    /// Begins a turn, and follows it.
    ///
    /// - Parameter report: told about an error of a model, whose details are not for annotators.
    /// - Throws: ``RequestProblem/conflict(_:)`` while one is written already.
    func begin(_ order: Order, report: @escaping @Sendable (any Error) -> Void) throws -> AsyncStream<
        TurnEvent
    > {
        guard turns[order.conversation] == nil else {
            throw RequestProblem.conflict("The answers to your last message are still being written.")
        }
        guard turns.count < Self.capacity else {
            throw RequestProblem.conflict("The models are busy with others. Try again in a moment.")
        }
        turns[order.conversation] = Turn(order: order)
        let pieces = answerer.answers(to: order.messages, by: order.policies, seed: order.seed)
        Task {
            do {
                for try await piece in pieces { try await receive(piece, in: order.conversation) }
                if turns[order.conversation] != nil { throw ModelFailure.stopped }
            } catch {
                report(error)
                end(
                    order.conversation,
                    .problem("The model could not answer. Change your message, or try again."))
            }
        }
        return follow(order.conversation) ?? AsyncStream { $0.finish() }
    }

    /// What a turn has so far, and then the rest of it; nil where none is written.
    func follow(_ conversation: Conversation.ID) -> AsyncStream<TurnEvent>? {
        guard let turn = turns[conversation] else { return nil }
        let (stream, continuation) = AsyncStream.makeStream(of: TurnEvent.self)
        for (position, text) in turn.texts.enumerated() where !text.isEmpty {
            continuation.yield(.text(text, letter: turn.order.letter(of: position)))
        }
        turns[conversation]?.onlookers.append(continuation)
        return stream
    }

    /// The messages that are being answered; nil where none are.
    func messages(in conversation: Conversation.ID) -> [Message]? { turns[conversation]?.order.messages }

    private enum ModelFailure: Error {
        /// A stream ended before both answers did.
        case stopped
    }

    private func receive(_ piece: ChatPiece, in conversation: Conversation.ID) async throws {
        guard var turn = turns[conversation] else { return }
        switch piece {
        case .text(let text, let position):
            guard turn.texts.indices.contains(position) else { return }
            turn.texts[position] += text
            turns[conversation] = turn
            tell(turn, .text(text, letter: turn.order.letter(of: position)))
        case .end(let response, let position):
            guard turn.responses.indices.contains(position) else { return }
            turn.responses[position] = response
            turns[conversation] = turn
            let responses = turn.responses.compactMap(\.self)
            if responses.count == turn.responses.count { try await finish(turn, responses) }
        }
    }

    private func finish(_ turn: Turn, _ responses: [Datasets.Response]) async throws {
        let order = turn.order
        let policies = order.policies.map { answerer.policies[$0] }
        let answers = zip(responses, policies).map { response, policy in
            ItemResponse(
                text: response.text, finish: response.finish, policy: policy, extra: response.extra)
        }
        let assignment = try await store.write(by: order.person) { writer in
            try writer.addTurn(
                to: order.conversation, prompt: .messages(order.messages), responses: answers,
                parent: order.parent,
                arrangement: order.arrangement)
        }
        end(order.conversation, .turn(ShownItem(assignment)))
    }

    private func end(_ conversation: Conversation.ID, _ event: TurnEvent) {
        guard let turn = turns.removeValue(forKey: conversation) else { return }
        tell(turn, event)
        turn.onlookers.forEach { $0.finish() }
    }

    private func tell(_ turn: Turn, _ event: TurnEvent) {
        turn.onlookers.forEach { $0.yield(event) }
    }
}
