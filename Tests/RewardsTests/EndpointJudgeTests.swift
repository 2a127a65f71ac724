import Datasets
import Endpoints
import Foundation
import JSON
import TestSupport
import Testing

@testable import Rewards

/// A judge behind an address: a server of the test's own.
@Suite struct EndpointJudgeTests {
    private func input(_ text: String) -> RewardInput {
        RewardInput(
            prompt: .plain("Well?"), text: text, isFinished: true,
            place: Place(file: "answers.jsonl", line: 3))
    }

    private func answer(_ probabilities: [String: Double]) -> String {
        let tokens = probabilities.map { token, probability -> JSONValue in
            ["token": .string(token), "logprob": .number(log(probability))]
        }
        return JSONValue.object([
            "choices": .array([["logprobs": ["content": .array([["top_logprobs": .array(tokens)]])]]])
        ]).text()
    }

    private func judge(_ server: LocalServer) throws -> EndpointJudge {
        try EndpointJudge(Endpoint(server.url + "#judge"))
    }

    @Test func marksAndPreferences() throws {
        let (mark, place) = (
            answer(["3": 0.2, " 8": 0.6, "ten": 0.2]), answer(["1": 0.3, "2": 0.1, "none": 0.6])
        )
        let server = try LocalServer { path, body in
            guard path == "/v1/chat/completions",
                body.contains(#""model": "judge""#) || body.contains(#""model":"judge""#)
            else { return .json("?", status: 404) }
            return .json(body.contains("from 1 (bad) to 9") ? mark : place)
        }
        let judge = try judge(server)
        // 0.25 · 3 + 0.75 · 8 = 6.75, from −1 for 1 to 1 for 9.
        let score = try #require(try judge.scores(of: [input("Fine.")])[0])
        #expect(abs(score - (6.75 - 5) / 4) < 1e-9)
        let both = try #require(try judge.preferences(in: [AnswerPair(input("a"), input("b"))])[0])
        #expect(abs(both.forwards - 0.75) < 1e-9 && abs(both.backwards - 0.25) < 1e-9)
    }

    /// Thoughts are asked for first and shown again, and what is chosen after them is held within the clamp.
    @Test func thoughtsComeBeforeTheChoice() throws {
        let (place, mark) = (answer(["1": 0.98, "2": 0.02]), answer(["9": 1]))
        let server = try LocalServer { _, body in
            let asksForThoughts =
                body.contains("without a number yet") && !body.contains("So what is your answer")
            guard !asksForThoughts else {
                return body.contains("silent")
                    ? .json(#"{"choices": [{}]}"#)
                    : .json(#"{"choices": [{"message": {"content": "The first is kinder."}}]}"#)
            }
            guard body.contains("The first is kinder."), body.contains("assistant") else {
                return .json("?", status: 404)
            }
            return .json(body.contains("from 1 (bad) to 9") ? mark : place)
        }
        let pair = AnswerPair(input("a"), input("b"))
        for (clamp, expected) in [(0.6, 0.6), (1, 0.98), (0.5, 0.5)] {
            let judge = try EndpointJudge(
                Endpoint(server.url + "#judge"), thoughts: JudgeThoughts(tokens: 20, clamp: clamp))
            let found = try #require(try judge.preferencesAsGiven(in: [pair])[0])
            #expect(abs(found - expected) < 1e-9)
        }
        let judge = try EndpointJudge(Endpoint(server.url + "#judge"), thoughts: JudgeThoughts(tokens: 20))
        #expect(try judge.scores(of: [input("Fine.")]) == [1])
        let error = #expect(throws: RewardError.self) { try judge.scores(of: [input("silent")]) }
        #expect(error?.description.hasPrefix("answers.jsonl:3: expected the text of an answer") == true)
    }

    @Test func whatIsNoAnswerIsToldWithItsRow() throws {
        let server = try LocalServer { _, body in
            body.contains("silent")
                ? .json("gone", status: 410) : .json(#"{"choices": [{"message": {"content": "1"}}]}"#)
        }
        let judge = try judge(server)
        for (text, expected) in [
            ("silent", "status 410: gone"), ("else", "expected log-probabilities of the first token"),
        ] {
            let error = #expect(throws: RewardError.self) { try judge.scores(of: [input(text)]) }
            #expect(error?.description.hasPrefix("answers.jsonl:3: ") == true)
            #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
        }
        // A judge who names neither has no verdict.
        let other = answer(["maybe": 1])
        let shy = try LocalServer { _, _ in .json(other) }
        #expect(try self.judge(shy).preferencesAsGiven(in: [AnswerPair(input("a"), input("b"))]) == [nil])
    }
}
