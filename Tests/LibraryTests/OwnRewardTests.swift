import Datasets
import Foundation
import JSON
import Rewards
import RunTestSupport
import Runs
import Settings
import TestSupport
import Testing
import Verbs

/// Counts a letter that the prompt's row names in its column `answer`.
private struct LetterReward: Reward {
    struct NoAnswer: Error {}

    let name = "letter"
    let description = "A program that counts a letter."

    func scores(of inputs: [RewardInput]) throws -> [Double?] {
        try inputs.map {
            guard let letter = $0.columns["answer"]?.string else { throw NoAnswer() }
            return Self.count(letter, in: $0.text)
        }
    }

    static func count(_ letter: String, in text: String) -> Double {
        Double(text.count { String($0) == letter })
    }
}

/// What a prompt's row says beside the prompt reaches somebody else's reward through every verb. Without its column the
/// reward throws, so nothing here passes where one is lost.
@Suite(.serialized) struct OwnRewardTests {
    private let runs: TinyRuns
    private let prompts: URL
    private static let letters = ["e", "a", "t", "o"]

    init() throws {
        runs = try TinyRuns()
        let rows = Self.letters.enumerated().map {
            #"{"prompt": "Question \#($0): why?", "answer": "\#($1)", "level": \#($0)}"#
        }
        prompts = try runs.folder.write(rows.joined(separator: "\n"), to: "prompts.jsonl")
    }

    @discardableResult
    private func run(_ verb: Verb, _ settings: String, output: String) throws -> VerbResult {
        let file = try runs.folder.write(
            "\(settings)\noutput: \(runs.folder.path(output))\ndevice: cpu\nprecision: fp32\n",
            to: "settings.yaml")
        var rewards = RewardCatalogue.standard
        rewards.add(.init(name: "letter", temperature: 1) { _ in LetterReward() })
        return try verb.prepare(ConfigurationReader(file: file)).run(
            mode: .new, progress: ProgressDisplay(style: .quiet), origin: .init(command: "a test"),
            rewards: rewards)
    }

    private func rows(_ path: String) throws -> [ResponsesRow] {
        try JSONLines(runs.folder.url.appending(path: path)).load(ResponsesRow.self).map(\.row)
    }

    private var policy: String {
        """
        model: \(runs.model)
        reward: [letter, concise]
        reward_weights: [2, 0]
        lora_rank: 4
        max_steps: 2
        batch_size: 4
        """
    }

    /// Every scored answer of a run's samples has the score that its own row's column asks for.
    private func checkSamples(_ output: String, count: Int) throws {
        let rows = try rows("\(output)/samples.jsonl")
        #expect(rows.count == count)
        for row in rows {
            let letter = try #require(row.extra["answer"]?.string)
            let level = try #require(row.extra["level"]?.integer)
            #expect(Self.letters[level] == letter)
            for response in row.responses {
                let score = try #require(response.extra["score"]?.number)
                #expect(score == 2 * LetterReward.count(letter, in: response.text))
            }
        }
        #expect(Set(rows.map { $0.extra["answer"]?.string }).count > 1)
    }

    @Test func throughSamplingAndReplay() throws {
        let sampling = """
            prompts: [\(prompts.path)]
            max_new_tokens: 16
            """
        try run(.grpo, "\(policy)\n\(sampling)\ngroup_size: 2", output: "grpo")
        try checkSamples("grpo", count: 8)
        try run(
            .grpo, "\(policy)\nreplay: \(runs.folder.path("grpo/samples.jsonl"))\ngroup_size: 2",
            output: "again")
        try checkSamples("again", count: 8)
        try run(.ppo, "\(policy)\n\(sampling)\nrollout_batch: 4", output: "ppo")
        try checkSamples("ppo", count: 8)
        try run(
            .ppo, "\(policy)\nreplay: \(runs.folder.path("ppo/samples.jsonl"))\nrollout_batch: 4",
            output: "replayed")
        try checkSamples("replayed", count: 8)
    }

    @Test func throughSampleRowsAndAnnotation() throws {
        try run(
            .sample, "model: \(runs.model)\nprompts: [\(prompts.path)]\nn: 3\nmax_new_tokens: 16",
            output: "responses.jsonl")
        #expect(try rows("responses.jsonl").map { $0.extra["answer"]?.string } == Self.letters)
        try run(
            .annotate,
            "responses: [\(runs.folder.path("responses.jsonl"))]\nannotator: [letter]\nas: ratings",
            output: "ratings.jsonl")
        let ratings = try JSONLines(runs.folder.url.appending(path: "ratings.jsonl")).load(RatedRow.self)
        #expect(ratings.count == 12)
        for row in ratings.map(\.row) {
            let letter = try #require(row.extra["answer"]?.string)
            guard case .plain(let text) = row.response else {
                Issue.record("an answer to plain text is plain text")
                continue
            }
            #expect(row.rating == LetterReward.count(letter, in: text))
        }
    }

    @Test func throughScoring() throws {
        let answers = Self.letters.map {
            #"{"prompt": "Why?", "completion": "to eat a tomato", "answer": "\#($0)"}"#
        }
        let data = try runs.folder.write(answers.joined(separator: "\n"), to: "answers.jsonl")
        try run(.score, "data: [\(data.path)]\nreward: [letter]", output: "scores.jsonl")
        let scores = try runs.folder.text("scores.jsonl").split(separator: "\n").map {
            try JSONValue(parsing: Array($0.utf8))["score"]?.number
        }
        #expect(scores == [1, 3, 4, 3])
    }

    @Test func throughRounds() throws {
        try run(
            .dpo,
            """
            model: \(runs.model)
            prompts: [\(prompts.path)]
            judge: [letter, concise]
            reward_weights: [1, 0.01]
            n: 3
            max_new_tokens: 12
            max_steps: 1
            lora_rank: 4
            """, output: "rounds")
        #expect(runs.folder.holds("rounds/final"))
    }

    @Test func throughEvaluation() throws {
        try run(
            .evaluate,
            """
            models: [\(runs.model)]
            prompts: [\(prompts.path)]
            judge: [letter]
            max_new_tokens: 16
            """, output: "report")
        let report = try JSONValue(parsing: runs.folder.data("report/report.json"))
        let arm = try #require(report.object?["arms"]?.array?.first?.object)
        let samples = try #require(arm["samples"]?.array)
        #expect(samples.count == Self.letters.count)
        for sample in samples {
            let prompt = try #require(sample.object?["prompt"]?.string)
            let letter = try #require(
                Self.letters.enumerated().first { prompt.contains("Question \($0.offset):") }?.element)
            let text = try #require(sample.object?["text"]?.string)
            #expect(sample.object?["score"]?.number == LetterReward.count(letter, in: text))
        }
    }
}
