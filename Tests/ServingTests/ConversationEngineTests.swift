import Datasets
import Foundation
import LanguageModels
import Models
import RunTestSupport
import Synchronization
import TestSupport
import Testing
import Tokenization
import Torch

@testable import Serving

@Suite struct ConversationEngineTests {
    private let jobs: TinyRuns
    private let question = [Message(role: "user", content: "What is the capital of France?")]

    init() throws { jobs = try TinyRuns() }

    private func source(_ model: String) throws -> ModelSource {
        try ModelSource(Fixtures.golden(model).path, role: "model", on: jobs.computation)
    }

    private func engine(_ models: String...) async throws -> ConversationEngine {
        try await ConversationEngine(models.map(source), on: jobs.computation)
    }

    private func request(
        _ conversation: [Message]? = nil, models: [Int] = [0], tokens: Int = 24, seed: UInt64 = 7
    ) -> ConversationRequest {
        var sampler = SamplerConfiguration()
        sampler.maximumNewTokens = tokens
        return ConversationRequest(
            conversation: conversation ?? question, models: models, sampler: sampler, seed: seed)
    }

    @Test func aModelWithoutNumbersEndsItsOwnTurnAlone() async throws {
        let damaged = try ModelSource(jobs.damagedModel(), role: "model", on: jobs.computation)
        let engine = try await ConversationEngine([damaged, source("tiny-llama")], on: jobs.computation)
        for _ in 0..<2 {
            await #expect(throws: ModelNotFinite.self) { try await Reading(request(models: [0]), by: engine) }
        }
        #expect(try await !Reading(request(models: [1]), by: engine).tokens(0).isEmpty)
    }

    /// What one call of the model writes, by itself.
    private func written(by model: String, answer: Int, tokens: Int = 24) throws -> [Int] {
        let source = try source(model)
        let prompt = try source.tokenizer.encode(question, addGenerationPrompt: true)
        let options = GenerationOptions(
            sampling: SamplingParameters(), maximumNewTokens: tokens, stopTokens: source.stopTokens, seed: 7)
        let model = try source.loadFrozen(on: jobs.computation)
        return try model.generate([GenerationRequest(prompt: prompt, id: UInt64(answer))], options: options)[
            0
        ]
        .tokens
    }

    /// Everything that was written in answer to one request.
    private struct Reading {
        var pieces: [ConversationPiece] = []

        init(_ request: ConversationRequest, by engine: ConversationEngine) async throws {
            for try await piece in engine.answers(to: request, as: { $0 }) { pieces.append(piece) }
        }

        func streamed(_ answer: Int) -> String {
            pieces.reduce(into: "") {
                if case .text(let text, answer) = $1 { $0 += text }
            }
        }

        func response(_ answer: Int) throws -> Response {
            let found = pieces.compactMap { piece -> Response? in
                if case .end(let response, _, answer) = piece { response } else { nil }
            }
            #expect(found.count == 1)
            return try #require(found.first)
        }

        func tokens(_ answer: Int) throws -> [Int] {
            try #require(try response(answer).extra["tokens"]?.array).compactMap(\.integer)
        }
    }

    @Test func aStreamAddsUpToTheAnswer() async throws {
        let reading = try await Reading(request(), by: engine("tiny-llama"))
        let response = try reading.response(0)
        #expect(reading.streamed(0) == response.text)
        #expect(!response.text.isEmpty)
        #expect(try reading.tokens(0) == written(by: "tiny-llama", answer: 0))
    }

    @Test func twoAnswersOfOneModelAreThoseWrittenAlone() async throws {
        let reading = try await Reading(request(models: [0, 0]), by: engine("tiny-llama"))
        for answer in 0...1 {
            #expect(try reading.tokens(answer) == written(by: "tiny-llama", answer: answer))
            #expect(try reading.streamed(answer) == reading.response(answer).text)
        }
        #expect(try reading.tokens(0) != reading.tokens(1))
    }

    @Test func twoModelsTakeTurns() async throws {
        let reading = try await Reading(request(models: [1, 0]), by: engine("tiny-llama", "tiny-qwen2"))
        #expect(try reading.tokens(0) == written(by: "tiny-qwen2", answer: 0))
        #expect(try reading.tokens(1) == written(by: "tiny-llama", answer: 1))
        // Neither is ahead of the other by more than the token or two that complete a character.
        var ahead = 0
        var farthest = 0
        for piece in reading.pieces {
            guard case .text(_, let answer) = piece else { break }
            ahead += answer == 0 ? 1 : -1
            farthest = max(farthest, abs(ahead))
        }
        #expect(farthest <= 4)
    }

    @Test func theSameSeedGivesTheSameAnswer() async throws {
        let engine = try await engine("tiny-llama")
        let first = try await Reading(request(seed: 1), by: engine)
        let other = try await Reading(request(seed: 2), by: engine)
        let again = try await Reading(request(seed: 1), by: engine)
        #expect(first.pieces == again.pieces)
        #expect(first.pieces != other.pieces)
    }

    @Test func requestsThatComeTogetherAreAllAnswered() async throws {
        let engine = try await engine("tiny-llama")
        let expected = try written(by: "tiny-llama", answer: 0)
        let request = request()
        try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<8 { group.addTask { try await Reading(request, by: engine).tokens(0) } }
            for try await tokens in group { #expect(tokens == expected) }
        }
    }

    @Test func anErrorBelongsToItsRequest() async throws {
        let engine = try await engine("tiny-llama")
        let long = [Message(role: "user", content: String(repeating: "word ", count: 2_000))]
        await #expect(throws: GenerationError.self) { _ = try await Reading(request(long), by: engine) }
        await #expect(throws: GenerationError.self) { _ = try await Reading(request(tokens: 0), by: engine) }
        #expect(try await Reading(request(), by: engine).tokens(0) == written(by: "tiny-llama", answer: 0))
    }

    @Test func nobodyReadingEndsTheWriting() async throws {
        let engine = try await engine("tiny-llama")
        _ = try await Reading(request(), by: engine)
        let held = Tensor.liveCount
        let pieces = Mutex(0)
        let hasLeft = DispatchSemaphore(value: 0)
        // The first piece holds the model's thread until its reader has gone.
        let answers = engine.answers(to: request(tokens: 400)) { piece in
            if pieces.withLock({
                $0 += 1; return $0
            }) == 1 {
                hasLeft.wait()
            }
            return piece
        }
        let reader = Task { for try await _ in answers {} }
        reader.cancel()
        _ = await reader.result
        hasLeft.signal()
        let next = try await Reading(request(), by: engine)
        #expect(try next.tokens(0) == written(by: "tiny-llama", answer: 0))
        #expect(pieces.withLock { $0 } <= 2)
        #expect(Tensor.liveCount == held)
    }

    @Test func theThreadEndsWithTheEngine() async throws {
        _ = try await Reading(request(), by: engine("tiny-llama"))
        while try threadNames().contains("models") { try await Task.sleep(for: .milliseconds(5)) }
    }

    private func threadNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").map {
            // A thread may end while the list is read.
            let name = try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)
            return name?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        }
    }

    /// The first turns give way in pairs; the system message and the question stay.
    @Test func conversationsThatOutgrowTheContextLoseTheirFirstTurns() throws {
        let model = try ConversationModel(source("tiny-llama"), on: jobs.computation)
        let turns = (0..<6).flatMap { turn in
            [
                Message(role: "user", content: "question \(turn)"),
                Message(role: "assistant", content: "answer \(turn)"),
            ]
        }
        let conversation = [Message(role: "system", content: "Be kind.")] + turns + question
        let whole = try model.prompt(for: conversation, leaving: 1)
        #expect(whole.forgotten == 0)
        let positions = model.model.configuration.maximumPositions
        let shorter = try model.prompt(for: conversation, leaving: positions - whole.tokens.count + 1)
        #expect(shorter.forgotten == 2)
        let kept = model.source.tokenizer.decode(shorter.tokens, skippingSpecialTokens: true)
        #expect(kept.contains("Be kind.") && !kept.contains("question 0") && kept.contains("question 1"))
        let least = try model.prompt(for: conversation, leaving: positions)
        #expect(least.forgotten == turns.count)
        #expect(model.source.tokenizer.decode(least.tokens).contains("capital of France"))
    }
}
