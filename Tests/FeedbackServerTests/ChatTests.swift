import Datasets
import Feedback
import Foundation
import Testing
import Tokenization

@testable import FeedbackServer

/// Says what it was asked, in two pieces an answer.
private struct EchoingModels: ChatAnswerer {
    struct Broken: Error {}

    let policies = [Policy(name: "secret-one"), Policy(name: "secret-two")]

    func answers(
        to conversation: [Message], by policies: [Int], seed: UInt64
    ) -> AsyncThrowingStream<ChatPiece, any Error> {
        AsyncThrowingStream(ChatPiece.self) { continuation in
            let question = conversation.last?.content ?? ""
            for answer in 0..<2 {
                continuation.yield(.text("model \(policies[answer]) ", answer: answer))
                if question == "break" { return continuation.finish(throwing: Broken()) }
                continuation.yield(.text("heard \(conversation.count)", answer: answer))
                let text = "model \(policies[answer]) heard \(conversation.count)"
                continuation.yield(.end(Response(text: text, finish: .stop), answer: answer))
            }
            continuation.finish()
        }
    }
}

@Suite struct ChatTests {
    private struct Line: Decodable {
        let letter: String?
        let text: String?
        let turn: Batch.Entry?
        let problem: String?
    }

    private struct State: Decodable {
        struct Said: Decodable {
            let role: String
            let content: String
        }

        let conversation: Int64?
        let messages: [Said]
        let turn: Batch.Entry?
        let isWriting: Bool
        let isBackAtMessage: Bool
    }

    private func labelling() throws -> (Labelling, Project.ID, Browser) {
        var labelling = try Labelling()
        labelling.chat = EchoingModels()
        let project = try labelling.project(ProjectDefinition(task: .chat), items: 0)
        return (labelling, project, try labelling.person("Ada"))
    }

    private func turn(
        _ client: RouterClient, _ ada: Browser, _ conversation: Int64, _ message: String
    ) async throws -> [Line] {
        let answer = try await ada.post(
            client, "/api/conversations/\(conversation)/turn", #"{"message": "\#(message)"}"#)
        #expect(answer.status == 200)
        #expect(!answer.text.contains("secret"))
        return try answer.text.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
    }

    private func begin(_ client: RouterClient, _ ada: Browser, _ project: Project.ID) async throws
        -> Int64
    {
        struct Started: Decodable { let conversation: Int64 }
        let started: Started = try await ada.post(client, "/api/projects/\(project)/conversation").json()
        return started.conversation
    }

    @Test func aConversationGoesOnFromTheBetterAnswer() async throws {
        let (labelling, project, ada) = try labelling()
        try await labelling.run { client in
            let conversation = try await begin(client, ada, project)
            let lines = try await turn(client, ada, conversation, "hello")
            let item = try #require(lines.last?.turn)
            for letter in ["A", "B"] {
                let written = lines.filter { $0.letter == letter }.compactMap(\.text).joined()
                #expect(written == item.answers.first { $0.letter == letter }?.text)
            }
            // A reload: the turn that waits to be judged is there again.
            let waiting: State = try await ada.get(client, "/api/projects/\(project)/conversation").json()
            #expect(
                waiting.turn?.assignment == item.assignment && waiting.messages.map(\.content) == ["hello"])
            let early = try await ada.post(
                client, "/api/conversations/\(conversation)/turn", #"{"message": "more"}"#)
            #expect(early.status == 409)

            let opinion = #"{"verdicts": {"": {"better": "B", "strength": 1}}}"#
            #expect(
                try await ada.post(
                    client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(opinion)
                ).status == 200)
            let better = try #require(item.answers.last?.text)
            let state: State = try await ada.get(client, "/api/projects/\(project)/conversation").json()
            #expect(state.messages.map(\.content) == ["hello", better] && state.turn == nil)
            #expect(state.messages.map(\.role) == ["user", "assistant"])
            let second = try #require(try await turn(client, ada, conversation, "go on").last?.turn)
            #expect(second.answers.allSatisfy { $0.text.hasSuffix("heard 3") })
        }
        let items = try labelling.read { try $0.items(in: project) }
        #expect(items.map(\.parent) == [nil, items[0].id])
        #expect(items[0].responses.map { $0.policy?.name } == ["secret-one", "secret-two"])
    }

    @Test func twoBadAnswersAreLeft() async throws {
        let (labelling, project, ada) = try labelling()
        try await labelling.run { client in
            let conversation = try await begin(client, ada, project)
            let item = try #require(try await turn(client, ada, conversation, "hello").last?.turn)
            let opinion = #"{"verdicts": {"": {"bothBad": true}}}"#
            _ = try await ada.post(
                client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(opinion))
            let state: State = try await ada.get(client, "/api/projects/\(project)/conversation").json()
            #expect(state.messages.isEmpty && state.isBackAtMessage)
            let again = try #require(try await turn(client, ada, conversation, "hello again").last?.turn)
            #expect(again.answers.allSatisfy { $0.text.hasSuffix("heard 1") })
        }
    }

    @Test func anErrorOfAModelIsSaidWithoutItsDetails() async throws {
        let (labelling, project, ada) = try labelling()
        try await labelling.run { client in
            let conversation = try await begin(client, ada, project)
            let lines = try await turn(client, ada, conversation, "break")
            #expect(lines.last?.problem?.contains("could not answer") == true)
            #expect(lines.last?.problem?.contains("Broken") == false)
            #expect(try await ada.get(client, "/account").status == 200)
            // The conversation is where it was, and goes on.
            #expect(try await turn(client, ada, conversation, "hello").last?.turn != nil)
        }
    }

    @Test func aConversationIsItsOwnersAlone() async throws {
        let (labelling, project, ada) = try labelling()
        let bob = try labelling.person("Bob")
        try await labelling.run { client in
            let conversation = try await begin(client, ada, project)
            let item = try #require(try await turn(client, ada, conversation, "hello").last?.turn)
            let path = "/api/conversations/\(conversation)/turn"
            #expect(try await bob.post(client, path, #"{"message": "mine"}"#).status == 404)
            #expect(try await bob.get(client, path).status == 404)
            #expect(
                try await bob.post(
                    client, "/api/assignments/\(item.assignment)/judgment", Browser.judgment(aIsBetter)
                ).status == 403)
            let state: State = try await bob.get(client, "/api/projects/\(project)/conversation").json()
            #expect(state.conversation == nil && state.messages.isEmpty)
        }
    }

    @Test func withoutModelsItIsSaidSo() async throws {
        let labelling = try Labelling()
        let project = try labelling.project(ProjectDefinition(task: .chat), items: 0)
        let ada = try labelling.person("Ada")
        try await labelling.run { client in
            let conversation = try await begin(client, ada, project)
            let answer = try await ada.post(
                client, "/api/conversations/\(conversation)/turn", #"{"message": "hello"}"#)
            #expect(answer.status == 409)
            #expect(try await ada.get(client, "/projects/\(project)/label").text.contains("no-models"))
        }
    }
}
