import Datasets
import LanguageModels
import Models
import Tokenization
import Torch

/// A language model that judges answers by principles in words.
///
/// One answer gets a mark from 1 to 10, the mean of the marks weighted by how likely the model finds each of them (Lee et al.,
/// *RLAIF vs. RLHF*, 2024, section 2.3.2), brought to −1…1. Two answers are compared by the probabilities of "1" and "2".
///
/// What it measures: what the model makes of the principle. What it misses: small models hardly read what they judge, and
/// prefer a place or a length; `heed judge-card` measures how far. How it can be gamed: by answers that speak to the judge.
public final class LanguageModelJudge: ComparingReward {
    public let name: String
    private let argument: String
    private let list: Principles
    private let model: LanguageModel
    private let tokenizer: Tokenizer
    private let marks: ChoiceLikelihoods
    private let places: ChoiceLikelihoods

    /// - Parameter argument: how the user named the model.
    public init(
        _ model: LanguageModel, _ tokenizer: Tokenizer, principles: Principles = .standard,
        name: String = "judge",
        argument: String = ""
    ) {
        self.model = model
        self.tokenizer = tokenizer
        list = principles
        self.name = name
        self.argument = argument
        marks = ChoiceLikelihoods(model, tokenizer, choices: (1...10).map(String.init))
        places = ChoiceLikelihoods(model, tokenizer, choices: ["1", "2"])
    }

    public var description: String {
        let principles = principles.count
        return "A language model that stands in for people (\(argument)), by "
            + (principles == 1 ? "a principle" : "one of \(principles) principles a comparison or prompt")
            + " in words. It likes what it reads into them, and may like a place or a length instead: see its card (heed judge-card)."
    }

    // MARK: One answer

    public func scores(of inputs: [RewardInput]) throws -> [Double?] {
        let prompts = try inputs.map { try tokens(JudgePrompt.mark($0, by: principle(for: $0)), of: $0) }
        return try marks.probabilities(after: prompts).map { $0.flatMap(Self.score) }
    }

    /// The mean mark from −1 (1) to 1 (10); nil where the model finds no mark possible at all.
    static func score(_ probabilities: [Double]) -> Double? {
        let total = probabilities.reduce(0, +)
        guard total > 0 else { return nil }
        let mean = zip(1..., probabilities).reduce(0) { $0 + Double($1.0) * $1.1 } / total
        return (mean - 5.5) / 4.5
    }

    public func obstacle(to input: RewardInput) throws -> String {
        "expected prompt and answer of at most \(marks.maximumPromptLength) tokens with the judge's question around them, "
            + "found \(try tokens(JudgePrompt.mark(input, by: principle(for: input)), of: input).count)"
    }

    // MARK: Two answers

    public func preferencesAsGiven(in pairs: [AnswerPair]) throws -> [Double?] {
        let prompts = try pairs.map {
            try tokens(JudgePrompt.comparison($0, by: drawnPrinciple(for: $0)), of: $0.first)
        }
        return try places.probabilities(after: prompts).map { probabilities in
            guard let probabilities, probabilities[0] + probabilities[1] > 0 else { return nil }
            return probabilities[0] / (probabilities[0] + probabilities[1])
        }
    }

    public func ownLogProbabilities(of inputs: [RewardInput]) throws -> [Double?] {
        try inputs.map { input -> Double? in
            let prompt = try tokenizer.encode(prompt: input.prompt)
            let answer = tokenizer.encode(input.text, addingSpecialTokens: false)
            guard !answer.isEmpty, prompt.count + answer.count <= model.configuration.maximumPositions else {
                return nil
            }
            let counts =
                Array(repeating: false, count: prompt.count) + Array(repeating: true, count: answer.count)
            return withoutGradients {
                let likelihoods = model.tokenLikelihoods(
                    of: PackedBatch([prompt + answer]), counts: counts)
                return likelihoods.logProbabilities.doubles().reduce(0, +) / Double(answer.count)
            }
        }
    }

    /// All answers to a prompt are marked by the same one.
    private func principle(for input: RewardInput) -> String {
        list.principle(for: input.prompt.question)
    }

    /// Every comparison has its own: one that misses what matters then errs in few of them (Bai et al., *Constitutional AI*,
    /// 2022, section 4.1).
    private func drawnPrinciple(for pair: AnswerPair) -> String {
        list.principle(for: pair.first.prompt.question, seed: pair.seed)
    }

    public func principle(for pair: AnswerPair) -> String? { drawnPrinciple(for: pair) }

    public var principles: [String] { list.texts }

    public func judging(by principle: String) -> any ComparingReward {
        LanguageModelJudge(
            model, tokenizer, principles: Principles([principle]), name: name, argument: argument)
    }

    /// What people wrote stays text: no answer ends the judge's question by the spelling of a special token.
    private func tokens(_ question: String, of input: RewardInput) throws -> [Int] {
        guard tokenizer.chatTemplate != nil else { return tokenizer.encode(question + "\n") }
        return try tokenizer.encodeSealed(
            [Message(role: "user", content: question)], addGenerationPrompt: true)
    }
}

/// What a judge is asked.
enum JudgePrompt {
    static func mark(_ input: RewardInput, by principle: String, highest: Int = 10) -> String {
        """
        \(setting(input))

        Answer:
        \(input.text)

        \(principle)
        How good is the answer by this rule, from 1 (bad) to \(highest) (excellent)? Reply with the number alone.
        """
    }

    static func comparison(_ pair: AnswerPair, by principle: String) -> String {
        """
        \(setting(pair.first))

        Answer 1:
        \(pair.first.text)

        Answer 2:
        \(pair.second.text)

        \(principle)
        Which answer is better by this rule, 1 or 2? Reply with the number alone.
        """
    }

    /// What was asked; of a conversation who said what before.
    private static func setting(_ input: RewardInput) -> String {
        guard case .messages(let messages) = input.prompt else {
            return "Question:\n\(input.prompt.question)"
        }
        return "Conversation:\n"
            + messages.map { "\($0.role): \($0.content)" }.joined(separator: "\n")
    }
}
