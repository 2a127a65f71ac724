import Datasets
import Foundation
import LanguageModels
import Models
import Runs
import TestSupport
import Testing
import Tokenization
import Torch

@testable import Rewards

@Suite struct LanguageModelJudgeTests {
    private let model: LanguageModel
    private let tokenizer: Tokenizer

    init() throws {
        let folder = Fixtures.golden("tiny-llama")
        model = try LanguageModel.load(
            from: folder, options: LoadingOptions(precision: .fp32, device: .cpu))
        tokenizer = try Tokenizer(contentsOf: folder)
    }

    /// A choice that begins another is what remains of its probability without it. By one full forward pass a choice.
    @Test func choicesAreReadAsWhole() throws {
        let choices = ["1", "10", "2", "no"]
        let prompts = ["One to ten: ", "A rather longer text in front of it, then: "].map {
            tokenizer.encode($0)
        }
        let found = try ChoiceLikelihoods(model, tokenizer, choices: choices).probabilities(after: prompts)
        for (prompt, probabilities) in zip(prompts, found) {
            let probabilities = try #require(probabilities)
            let alone = choices.map { choice in
                let tokens = tokenizer.encode(choice, addingSpecialTokens: false)
                return withoutGradients {
                    exp(
                        model.tokenLikelihoods(
                            of: PackedBatch([prompt + tokens]),
                            counts: Array(repeating: false, count: prompt.count)
                                + Array(repeating: true, count: tokens.count)
                        ).logProbabilities.doubles().reduce(0, +))
                }
            }
            let expected = [alone[0] - alone[1], alone[1], alone[2], alone[3]]
            for (value, right) in zip(probabilities, expected) {
                #expect(abs(value - right) < 1e-6 * max(right, 1e-3))
            }
        }
    }

    @Test func whatDoesNotFitHasNoVerdict() throws {
        let choices = ChoiceLikelihoods(model, tokenizer, choices: ["1", "2"])
        let long = Array(repeating: 5, count: choices.maximumPromptLength + 1)
        let found = try choices.probabilities(after: [long, [5, 6], Array(long.dropLast())])
        #expect(found.map { $0 == nil } == [true, false, false])
    }

    @Test func marksAreAMean() {
        func score(_ marks: [Int: Double]) -> Double? {
            LanguageModelJudge.score((1...10).map { marks[$0] ?? 0 })
        }
        #expect(score([1: 0.2]) == -1)
        #expect(score([10: 0.01]) == 1)
        #expect(abs((score([5: 0.1, 6: 0.1]) ?? 1)) < 1e-12)
        #expect(abs((score([1: 0.3, 10: 0.1]) ?? 0) - (3.25 - 5.5) / 4.5) < 1e-12)
        #expect(score([:]) == nil)
    }

    /// The same answers get the same marks whatever stands beside them; both orders of a pair are asked.
    @Test func judgesAloneAsTogether() throws {
        let judge = LanguageModelJudge(model, tokenizer)
        let inputs = ["Yes.", "I do not know that.", "A long answer that goes on for a while."].map {
            RewardInput(prompt: .plain("Is it?"), text: $0, isFinished: true)
        }
        let together = try judge.checkedScores(of: inputs)
        for (input, score) in zip(inputs, together) {
            let alone = try #require(try judge.checkedScores(of: [input])[0])
            #expect(abs(alone - (score ?? 9)) < 1e-5)
            #expect((-1...1).contains(alone))
        }
        let pair = AnswerPair(inputs[0], inputs[1])
        let both = try #require(try judge.preferences(in: [pair])[0])
        let swapped = try #require(try judge.preferences(in: [pair.swapped])[0])
        #expect(abs(both.forwards - (1 - swapped.backwards)) < 1e-5)
    }

    /// What is read after thoughts is the whole conversation with them: by the model's own answer, found here step by step.
    @Test func thoughtsAreReadBeforeTheChoice() throws {
        let inputs = ["Yes.", "I do not know that."].map {
            RewardInput(prompt: .plain("Is it?"), text: $0, isFinished: true)
        }
        let pair = AnswerPair(inputs[0], inputs[1])
        let principles = Principles(["Be kind."])
        func judge(_ clamp: Double, tokens: Int = 5) -> LanguageModelJudge {
            LanguageModelJudge(
                model, tokenizer, principles: principles,
                thoughts: JudgeThoughts(tokens: tokens, clamp: clamp))
        }
        let question = JudgePrompt.comparison(pair, by: "Be kind.") + JudgePrompt.think
        let asked = try tokenizer.encodeSealed(
            [Message(role: "user", content: question)], addGenerationPrompt: true)
        let written = try model.generate(
            [GenerationRequest(prompt: asked, id: 0)],
            options: GenerationOptions(sampling: .greedy, maximumNewTokens: 5, stopTokens: [], seed: 3)
        )[0].tokens
        let conversation = [
            Message(role: "user", content: question),
            Message(role: "assistant", content: tokenizer.decode(written, skippingSpecialTokens: true)),
            Message(role: "user", content: JudgePrompt.conclude),
        ]
        let prompt = try tokenizer.encodeSealed(conversation, addGenerationPrompt: true)
        let choices = ChoiceLikelihoods(model, tokenizer, choices: ["1", "2"])
        let found = try #require(try choices.probabilities(after: [prompt])[0])
        let free = try #require(try judge(1).preferencesAsGiven(in: [pair])[0])
        let held = try #require(try judge(0.6).preferencesAsGiven(in: [pair])[0])
        #expect(abs(free - found[0] / (found[0] + found[1])) < 1e-5)
        #expect(held == min(max(free, 0.4), 0.6))
        // No room for thoughts.
        let room = model.configuration.maximumPositions
        #expect(try judge(0.6, tokens: room).preferencesAsGiven(in: [pair]) == [nil])
        #expect(try judge(0.6, tokens: room).scores(of: inputs) == [nil, nil])
        #expect(try judge(0.6, tokens: room).obstacle(to: inputs[0]).contains("room for its thoughts"))
    }

    @Test func principlesAreReadFromLines() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("# ours\n- Be kind.\n\nBe brief.\n", to: "principles.yaml")
        let principles = try Principles(contentsOf: file)
        #expect(principles.texts == ["Be kind.", "Be brief."])
        let drawn = Set((1...40).map { principles.principle(for: "question \($0)") })
        #expect(drawn == ["Be kind.", "Be brief."])
        #expect(principles.principle(for: "a") == principles.principle(for: "a"))
        #expect(throws: RewardError.self) {
            try Principles(contentsOf: try folder.write("# none\n", to: "empty"))
        }
        let yaml = """
            principles:
              - Be kind, # of course
                also to strangers.
              - "Say: \"I do not know\" # as it is"
              - 'Be brief.'
            """
        #expect(
            try Principles(contentsOf: try folder.write(yaml, to: "list.yaml")).texts == [
                "Be kind, also to strangers.", #"Say: "I do not know" # as it is"#, "Be brief.",
            ])
        for (text, found) in [
            ("- Be kind.\n-Be brief.\n", "typo:2: expected a principle"),
            ("rules:\n- Be kind.\n", "found rules:"),
            ("- Be kind.\n- # brief\n", "typo:2"), ("- \"Be kind.\n", "found \"Be kind."),
            ("Be kind.\n\nBe kind.\n", "typo:3"),
        ] {
            let error = #expect(throws: RewardError.self) {
                try Principles(contentsOf: try folder.write(text, to: "typo"))
            }
            #expect(error?.description.contains(found) == true, "\(error?.description ?? "")")
        }
        let bytes = URL(fileURLWithPath: folder.path("bytes"))
        try Data([0xff, 0xfe]).write(to: bytes)
        #expect(throws: RewardError.self) { try Principles(contentsOf: bytes) }
    }
}
