import Datasets
import Feedback
import Foundation
import Hummingbird
import Tokenization

/// What the page of a live chat asks for, and sends.
struct ChatAPI: Sendable {
    private let store: FeedbackStore
    /// Nil where no model is there to answer.
    private let turns: ChatTurns?
    /// How many models there are, one or two.
    private let modelCount: Int

    init(store: FeedbackStore, chat: (any ChatAnswerer)?) {
        self.store = store
        turns = chat.map { ChatTurns(store, $0) }
        modelCount = chat?.policies.count ?? 0
    }

    func add(to routes: Routes) {
        routes.person(.get, "/api/projects/:project/conversation", state)
        routes.person(.post, "/api/projects/:project/conversation", start)
        routes.person(.post, "/api/conversations/:conversation/turn", takeTurn)
        routes.person(.get, "/api/conversations/:conversation/turn", followTurn)
    }

    // MARK: Where a conversation is

    /// The state of a conversation.
    struct ConversationState {
        /// What was said, without answers that are yet to be judged.
        var messages: [Message] = []
        /// The turn that waits to be judged.
        var open: Assignment?
        /// The turn that was judged last.
        var judged: Assignment?
        /// The turn that the next one goes on from.
        var parent: Item.ID?
        /// Whether both last answers were bad, so that the message is to be written again.
        var isBackAtMessage = false

        /// A conversation goes on from the better answer, on a tie from the one shown first; two bad answers are left, and
        /// the message before them with them.
        init(_ turns: [Assignment], aspect: String) {
            for turn in turns {
                isBackAtMessage = false
                guard let opinion = turn.opinion else {
                    open = turn
                    messages = Self.messages(of: turn.item)
                    return
                }
                judged = turn
                let chosen: Int?
                switch opinion.verdicts[aspect] {
                case .better(let position, _): chosen = position
                case .tie: chosen = turn.arrangement.first
                case .bothBad, .ranking, .marks, .thumbs, nil: chosen = nil
                }
                let prompt = Self.messages(of: turn.item)
                if let chosen {
                    messages =
                        prompt + [Message(role: "assistant", content: turn.item.responses[chosen].text)]
                    parent = turn.item.id
                } else {
                    messages = Array(prompt.dropLast())
                    isBackAtMessage = true
                }
            }
        }

        private static func messages(of item: Item) -> [Message] {
            switch item.prompt {
            case .plain(let text): [Message(role: "user", content: text)]
            case .messages(let messages): messages
            }
        }
    }

    private struct State: Encodable {
        let conversation: Conversation.ID?
        let messages: [ShownItem.Message]
        let turn: ShownItem?
        /// The turn before it, to think again.
        let judged: ShownItem?
        let isWriting: Bool
        let isBackAtMessage: Bool
        let hasModels: Bool
    }

    private func state(_ call: Call) async throws -> Response {
        let project = try call.number("project")
        let person = call.person.id
        let found = try await store.read { reader -> (Conversation.ID, [Assignment], String)? in
            guard let latest = try reader.conversations(of: person, in: project).first, latest.endedAt == nil
            else { return nil }
            return (latest.id, try reader.turns(of: latest.id), try reader.project(project).firstAspect)
        }
        guard let (conversation, assignments, aspect) = found else {
            return try ServerResponse.json(
                State(
                    conversation: nil, messages: [], turn: nil, judged: nil, isWriting: false,
                    isBackAtMessage: false, hasModels: turns != nil))
        }
        let state = ConversationState(assignments, aspect: aspect)
        let written = await turns?.messages(in: conversation)
        return try ServerResponse.json(
            State(
                conversation: conversation,
                messages: ShownItem.Message.all(.messages(written ?? state.messages)),
                turn: state.open.map(ShownItem.init), judged: state.judged.map(ShownItem.init),
                isWriting: written != nil, isBackAtMessage: state.isBackAtMessage, hasModels: turns != nil)
        )
    }

    private struct Started: Encodable {
        let conversation: Conversation.ID
    }

    /// Starts a conversation; the one before it ends.
    private func start(_ call: Call) async throws -> Response {
        let project = try call.number("project")
        _ = try await call.json(Empty.self)
        let person = call.person.id
        let conversation = try await store.write(by: person) { writer in
            for earlier in try writer.reader.conversations(of: person, in: project)
            where earlier.endedAt == nil {
                try writer.endConversation(earlier.id)
            }
            return try writer.startConversation(in: project)
        }
        return try ServerResponse.json(Started(conversation: conversation.id))
    }

    // MARK: A turn

    private struct TurnBody: Decodable {
        let message: String
    }

    private func takeTurn(_ call: Call) async throws -> Response {
        let id = try call.number("conversation")
        let message = try await call.json(TurnBody.self).message.withoutNull.trimmingCharacters(
            in: .whitespacesAndNewlines)
        guard let turns else {
            throw RequestProblem.conflict("No model is there to answer: the server was started without one.")
        }
        guard !message.isEmpty else { throw RequestProblem.malformed("Write something first.") }
        let state = try await conversationState(of: id, heldBy: call.person.id)
        guard state.open == nil else {
            throw RequestProblem.conflict("Say first which of the two answers is better.")
        }
        let isSwapped = Bool.random()
        let order = ChatTurns.Order(
            conversation: id, person: call.person.id,
            messages: state.messages + [Message(role: "user", content: message)], parent: state.parent,
            arrangement: isSwapped ? [1, 0] : [0, 1], policies: [0, max(0, modelCount - 1)],
            seed: .random(in: 0 ... .max))
        let logger = call.context.logger
        return Self.streamed(
            try await turns.begin(order) { logger.error("a model failed in conversation \(id): \($0)") })
    }

    private func followTurn(_ call: Call) async throws -> Response {
        let id = try call.number("conversation")
        _ = try await conversationState(of: id, heldBy: call.person.id)
        guard let events = await turns?.follow(id) else { return ServerResponse.nothing }
        return Self.streamed(events)
    }

    private func conversationState(of id: Conversation.ID, heldBy person: Annotator.ID) async throws
        -> ConversationState
    {
        try await store.read { reader in
            let conversation = try reader.conversation(id)
            // Somebody else's conversation is not even there.
            guard conversation.annotator == person else { throw FeedbackError.noConversation(id) }
            guard conversation.endedAt == nil else { throw FeedbackError.conversationEnded(id) }
            return ConversationState(
                try reader.turns(of: id), aspect: try reader.project(conversation.project).firstAspect)
        }
    }

    private struct Line: Encodable {
        var letter: String?
        var text: String?
        var turn: ShownItem?
        var problem: String?

        init(_ event: TurnEvent) {
            switch event {
            case .text(let piece, let side): (text, letter) = (piece, side)
            case .turn(let item): turn = item
            case .problem(let words): problem = words
            }
        }
    }

    /// Events as lines of JSON, sent as they happen.
    private static func streamed(_ events: AsyncStream<TurnEvent>) -> Response {
        let body = ResponseBody { writer in
            let encoder = JSONEncoder()
            for await event in events {
                var buffer = ByteBuffer(bytes: try encoder.encode(Line(event)))
                buffer.writeString("\n")
                try await writer.write(buffer)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/jsonl"], body: body)
    }
}

extension Project {
    /// The aspect that decides from which answer a conversation goes on.
    fileprivate var firstAspect: String { definition.aspects.first?.name ?? "" }
}
