import Datasets
import Foundation
import JSON
import Models
import RunTestSupport
import Settings
import TestSupport
import Testing
import Training

@testable import Verbs

/// `heed score --reward`: given answers, and rows of `heed sample`.
@Suite struct RewardScoreTests {
    private let runs: TinyRuns

    init() throws { runs = try TinyRuns() }

    private func score(_ lines: [String], _ rewards: String..., weights: [Double]? = nil) throws -> (
        ScoreResult, [JSONObject]
    ) {
        var configuration = ScoreConfiguration()
        configuration.data = [try runs.folder.write(lines.joined(separator: "\n"), to: "data.jsonl").path]
        configuration.rewards.rewards = rewards
        configuration.rewards.weights = weights
        try? FileManager.default.removeItem(atPath: runs.folder.path("scores.jsonl"))
        let result = try Scoring.run(configuration, context: runs.context("scores.jsonl"))
        let rows = try runs.folder.text("scores.jsonl").split(separator: "\n").map {
            try #require(try JSONValue(parsing: Array($0.utf8)).object)
        }
        return (result, rows)
    }

    @Test func aRowIsANumberOrNull() throws {
        let (result, rows) = try score(
            [
                #"{"prompt": "6 * 12?", "completion": "The answer is 72.", "answer": "72"}"#,
                #"{"prompt": [{"role": "user", "content": "6 * 12?"}], "completion": [{"role": "assistant", "content": "71"}], "answer": 72}"#,
                #"{"prompt": "Why?", "completion": "Because.", "answer": "no formula"}"#,
                #"{"prompt": "6 * 12?", "completion": "72", "label": true, "answer": "72"}"#,
            ], "math")
        #expect(rows.map { $0["score"]?.number } == [1, 0, nil, 1] && rows[2]["score"] == .null)
        #expect(rows.map { $0["rewards"]?["math"]?.number } == [1, 0, nil, 1])
        #expect(rows[2]["rewards"] == ["math": .null])
        #expect(result.rows == 4 && result.unscored == 1)
        #expect(result.meanScore == 2.0 / 3 && result.rewards == ["math": 2.0 / 3])
    }

    @Test func severalRewardsAreAddedUp() throws {
        let lines = [
            #"{"prompt": "?", "completion": "<think>6 * 12</think><answer>72</answer>", "solution": "$72$"}"#,
            #"{"prompt": "?", "completion": "72", "solution": "$72$"}"#,
        ]
        var (_, rows) = try score(lines, "accuracy", "format:weight=0.5")
        #expect(rows.map { $0["score"]?.number } == [1.5, 1])
        #expect(rows[1]["rewards"]?["accuracy"]?.number == 1 && rows[1]["rewards"]?["format"]?.number == 0)
        (_, rows) = try score(lines, "accuracy_reward", "format_reward", weights: [1, 0])
        #expect(rows.map { $0["score"]?.number } == [1, 1])
    }

    @Test func responsesAreScoredOneByOne() throws {
        let (result, rows) = try score(
            [
                #"{"prompt": "?", "responses": [{"text": "7"}, {"text": "8", "finish": "length"}], "answer": 7}"#,
                #"{"prompt": "?", "responses": [{"text": "x = 9"}], "answer": 9, "policy": "p", "sampler": {}}"#,
            ], "number")
        #expect(rows.map { $0["score"]?.number } == [1, 0, 1])
        #expect(rows.map { $0["row"] } == [0, 0, 1] && rows.map { $0["response"] } == [0, 1, 0])
        #expect(result.rows == 3 && result.meanTokens == nil && result.finished == nil)
    }

    /// Of two prompts one is answered right once in four, the other never: pass@1 is ⅛, pass@2 ¼, pass@4 ½.
    @Test func howOftenOneOfSeveralIsRight() throws {
        func row(_ texts: [String]) -> String {
            let responses = texts.map { #"{"text": "\#($0)", "tokens": [1, 2, 3], "finish": "stop"}"# }
            return #"{"prompt": "?", "responses": [\#(responses.joined(separator: ","))], "answer": 7}"#
        }
        let lines = [row(["6", "7", "8", "9"]), row(["1", "2", "3", "4"])]
        let result = try score(lines, "number", "format:weight=0").0
        #expect(result.passAt?.mapValues(\.mean) == ["1": 0.125, "2": 0.25, "4": 0.5])
        let pair = try #require(result.passAt?["2"])
        #expect(pair.low == 0 && pair.high == 0.5)
        #expect(result.meanTokens == 3 && result.finished == 1)
        // The format comes first where it is learned, and a score that is no verdict has no pass rate.
        #expect(try score(lines, "format", "number").0.passAt?["4"]?.mean == 0)
        #expect(try score([row(["a a b"])], "repetition:n=1").0.passAt == nil)
        // The prompt with the fewest answers says how far k can go.
        #expect(try score([lines[0], row(["7"])], "number").0.passAt?.keys.sorted() == ["1"])
    }

    @Test func aMissingColumnNamesTheRow() {
        let message = runs.message {
            _ = try score(
                [
                    #"{"prompt": "?", "completion": "7", "answer": 7}"#,
                    #"{"prompt": "?", "completion": "7", "result": 7}"#,
                ], "math")
        }
        #expect(message?.contains("data.jsonl:2: expected the column \"answer\"") == true, "\(message ?? "")")
        #expect(
            message?.contains("found \"result\"; add it, or name another with math:column=COLUMN") == true)
        #expect(!runs.folder.holds("scores.jsonl"))
    }

    /// Its rewards score rows of prompts in training too, and name the row there.
    @Test func aMissingColumnNamesTheRowInTraining() throws {
        let prompts = try runs.folder.write(
            "{\"prompt\": \"One?\"}\n{\"prompt\": \"Two?\"}", to: "prompts.jsonl")
        let file = try runs.folder.write(
            """
            model: \(runs.model)
            prompts: [\(prompts.path)]
            reward: [math]
            group_size: 2
            max_steps: 1
            max_new_tokens: 4
            output: \(runs.folder.path("grpo"))
            device: cpu
            """, to: "grpo.yaml")
        let message = runs.message {
            _ = try Verb.grpo.prepare(ConfigurationReader(file: file)).run(
                mode: .new, progress: runs.context("none").progress, origin: .init(command: ""))
        }
        #expect(message?.contains("prompts.jsonl:") == true, "\(message ?? "")")
        #expect(message?.contains("expected the column \"answer\"") == true)
    }

    @Test(arguments: ["model: m", "batch_size: 2", "temperature: 0.5", "max_length: 9"])
    func settingsOfModelsAreRefused(_ setting: String) throws {
        let file = try runs.folder.write("reward: [math]\n\(setting)\n", to: "score.yaml")
        let message = runs.message { _ = try Verb.score.prepare(ConfigurationReader(file: file)) }
        #expect(message?.contains("expected no reward beside it") == true, "\(message ?? "")")
    }

    @Test func withoutModelAndRewardsThereIsNothingToDo() throws {
        let message = runs.message {
            _ = try Verb.score.prepare(ConfigurationReader(file: nil)).run(
                mode: .new, progress: runs.context("none").progress, origin: .init(command: ""))
        }
        #expect(message?.contains("a model (--model DIR), or rewards (--reward NAME)") == true)
    }
}
