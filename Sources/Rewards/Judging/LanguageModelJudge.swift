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
    private let thoughts: JudgeThoughts?
    private let stopTokens: Set<Int>

    /// - Parameters:
    ///   - thoughts: nil: it answers at once.
    ///   - stopTokens: that end its thoughts.
    ///   - argument: how the user named the model.
    public init(
        _ model: LanguageModel, _ tokenizer: Tokenizer, principles: Principles = .standard,
        thoughts: JudgeThoughts? = nil, stopTokens: Set<Int> = [], name: String = "judge",
        argument: String = ""
    ) {
        self.model = model
        self.tokenizer = tokenizer
        list = principles
        self.name = name
        self.argument = argument
        (self.thoughts, self.stopTokens) = (thoughts, stopTokens)
        marks = ChoiceLikelihoods(model, tokenizer, choices: (1...10).map(String.init))
        places = ChoiceLikelihoods(model, tokenizer, choices: ["1", "2"])
    }

    public var description: String {
        let principles = principles.count
        return "A language model that stands in for people (\(argument)), by "
            + (principles == 1 ? "a principle" : "one of \(principles) principles a comparison or prompt")
            + " in words"
            + (thoughts.map { ", after up to \($0.tokens) tokens of thoughts" } ?? "")
            + ". It likes what it reads into them, and may like a place or a length instead: see its card (heed judge-card)."
    }

    // MARK: One answer

    public func scores(of inputs: [RewardInput]) throws -> [Double?] {
        let questions = inputs.map { JudgePrompt.mark($0, by: principle(for: $0)) }
        return try probabilities(of: marks, asking: questions).map { $0.flatMap(Self.score) }
    }

    /// The mean mark from −1 (1) to 1 (10); nil where the model finds no mark possible at all.
    static func score(_ probabilities: [Double]) -> Double? {
        let total = probabilities.reduce(0, +)
        guard total > 0 else { return nil }
        let mean = zip(1..., probabilities).reduce(0) { $0 + Double($1.0) * $1.1 } / total
        return (mean - 5.5) / 4.5
    }

    public func obstacle(to input: RewardInput) throws -> String {
        let question = JudgePrompt.mark(input, by: principle(for: input))
        let room = marks.maximumPromptLength - (thoughts?.tokens ?? 0)
        return "expected prompt and answer of at most \(room) tokens with the judge's question around them"
            + (thoughts == nil ? "" : " and room for its thoughts")
            + ", found \(try tokens([question + JudgePrompt.alone]).count)"
    }

    // MARK: Two answers

    public func preferencesAsGiven(in pairs: [AnswerPair]) throws -> [Double?] {
        let questions = pairs.map { JudgePrompt.comparison($0, by: drawnPrinciple(for: $0)) }
        return try probabilities(of: places, asking: questions).map { probabilities in
            guard let probabilities, probabilities[0] + probabilities[1] > 0 else { return nil }
            let first = probabilities[0] / (probabilities[0] + probabilities[1])
            return thoughts?.clamped(first) ?? first
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
            model, tokenizer, principles: Principles([principle]), thoughts: thoughts, stopTokens: stopTokens,
            name: name, argument: argument)
    }

    // MARK: Asking

    /// The probabilities of choices as answers to questions; nil for a question that does not fit, with its thoughts.
    private func probabilities(
        of choices: ChoiceLikelihoods, asking questions: [String]
    ) throws -> [[Double]?] {
        guard let thoughts else {
            return try choices.probabilities(after: questions.map { try tokens([$0 + JudgePrompt.alone]) })
        }
        let prompts = try questions.map { try tokens([$0 + JudgePrompt.think]) }
        let fitting = prompts.indices.filter {
            prompts[$0].count + thoughts.tokens <= model.configuration.maximumPositions
        }
        let written = try Answerer(
            model, tokenizer: tokenizer,
            options: GenerationOptions(
                sampling: .greedy, maximumNewTokens: thoughts.tokens, stopTokens: stopTokens, seed: 0)
        ).answers(to: fitting.enumerated().map { GenerationRequest(prompt: prompts[$1], id: UInt64($0)) })
        let asked = try zip(fitting, written).map { place, thought in
            try tokens([questions[place] + JudgePrompt.think, thought.text, JudgePrompt.conclude])
        }
        var result = [[Double]?](repeating: nil, count: questions.count)
        for (place, found) in zip(fitting, try choices.probabilities(after: asked)) { result[place] = found }
        return result
    }

    /// Turns of who asks and the judge. What people wrote stays text: no answer ends the judge's question by the spelling of a
    /// special token.
    private func tokens(_ turns: [String]) throws -> [Int] {
        guard tokenizer.chatTemplate != nil else {
            return tokenizer.encode(turns.joined(separator: "\n") + "\n")
        }
        let messages = turns.enumerated().map { turn, text in
            Message(role: turn % 2 == 0 ? "user" : "assistant", content: text)
        }
        return try tokenizer.encodeSealed(messages, addGenerationPrompt: true)
    }
}

/// What a judge is asked.
enum JudgePrompt {
    /// What follows on a question: that it is answered at once, or thought about first, and then answered.
    static let alone = " Reply with the number alone."
    static let think = " Think about it in a few sentences, without a number yet."
    static let conclude = "So what is your answer? Reply with the number alone."

    static func mark(_ input: RewardInput, by principle: String, highest: Int = 10) -> String {
        """
        \(setting(input))

        Answer:
        \(input.text)

        \(principle)
        How good is the answer by this rule, from 1 (bad) to \(highest) (excellent)?
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
        Which answer is better by this rule, 1 or 2?
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
