import Datasets
import Foundation
import Testing
import Tokenization

@testable import Feedback

@Suite struct ConversationTests {
    let study: Study
    let project: Project.ID
    let ada: Annotator.ID

    init() throws {
        study = try Study()
        project = try study.project(.chat)
        ada = try study.person("Ada")
    }

    private func turn(
        _ conversation: Conversation.ID, _ text: String, parent: Item.ID? = nil, arrangement: [Int]? = nil,
        by actor: Annotator.ID? = nil
    ) throws -> Assignment {
        try study.store.write(by: actor ?? ada) {
            try $0.addTurn(
                to: conversation, prompt: .messages([Message(role: "user", content: text)]),
                responses: ["yes", "no"].map { ItemResponse(text: $0, policy: Policy(name: $0)) },
                parent: parent, arrangement: arrangement)
        }
    }

    private func start(by actor: Annotator.ID? = nil) throws -> Conversation.ID {
        try study.store.write(by: actor ?? ada) { try $0.startConversation(in: project).id }
    }

    @Test func turnsAreJudgedByTheOneWhoTalks() throws {
        let conversation = try start()
        let first = try turn(conversation, "Hello?", arrangement: [1, 0])
        #expect(first.arrangement == [1, 0] && first.item.kind == .chat && first.annotator == ada)
        try study.submit(first)
        let second = try turn(conversation, "And now?", parent: first.item.id)
        // The same words again are another turn.
        let third = try turn(conversation, "And now?", parent: first.item.id)
        #expect(second.item.parent == first.item.id && third.item.id != second.item.id)
        try study.submit(second, .second)
        #expect(
            try study.store.read { try $0.turns(of: conversation) }.map(\.id)
                == [first, second, third].map(\.id))
        let judgments = try study.store.read { try $0.judgments(in: project) }
        #expect(judgments.map(\.kind) == [.chat, .chat] && judgments.map(\.opinion) == [.first, .second])
        // Nobody else gets them.
        #expect(try study.next(study.person("Bob"), project, 5).isEmpty)
        #expect(try study.next(ada, project, 5).map(\.id) == [third.id])
        #expect(
            try study.store.read { try $0.conversations(of: ada, in: project) }.map(\.id) == [conversation])
    }

    @Test func aConversationIsOnesOwn() throws {
        let conversation = try start()
        let bob = try study.person("Bob")
        #expect(throws: FeedbackError.noConversation(conversation)) {
            try turn(conversation, "Hi", by: bob)
        }
        #expect(throws: FeedbackError.noConversation(conversation)) {
            try study.store.write(by: bob) { try $0.endConversation(conversation) }
        }
        let other = try turn(start(by: bob), "Hi", by: bob)
        #expect(throws: FeedbackError.self) { try turn(conversation, "Hi", parent: other.item.id) }
        #expect(throws: FeedbackError.self) { try turn(conversation, "Hi", arrangement: [0, 0]) }
        #expect(throws: FeedbackError.self) { try turn(conversation, "") }
    }

    @Test func whatHasEndedTakesVotesOnly() throws {
        let conversation = try start()
        let first = try turn(conversation, "Hello?")
        try study.store.write(by: ada) { try $0.endConversation(conversation) }
        #expect(throws: FeedbackError.conversationEnded(conversation)) { try turn(conversation, "More") }
        try study.submit(first)
    }

    @Test func chatsAndPreparedItemsDoNotMix() throws {
        let prepared = try study.project(named: "prepared")
        #expect(throws: FeedbackError.self) {
            try study.store.write(by: ada) { try $0.startConversation(in: prepared) }
        }
        #expect(throws: FeedbackError.self) {
            try study.store.write(by: nil) { try $0.addItems([.pair("x")], to: project) }
        }
    }
}
