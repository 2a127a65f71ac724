import Datasets
import LanguageModels
import Models
import Rewards
import Runs
import Tokenization
import Training

/// An arm's answer to one of the prompts.
struct ArmAnswer: Codable, Equatable, Sendable {
    /// Index among the prompts.
    let prompt: Int
    /// Without special tokens.
    let text: String
    /// With the stop token, where the answer has one.
    let tokens: [Int]
    let finish: FinishReason

    var isFinished: Bool { finish == .stop }

    /// What a reward sees of it.
    func rewardInput(_ prompts: [SourcedRow<PromptRow>]) -> RewardInput {
        RewardInput(
            prompt: prompts[prompt].row.prompt, text: text, isFinished: isFinished, tokenCount: tokens.count,
            columns: prompts[prompt].row.columnsForRewards, place: prompts[prompt].place)
    }
}

extension SourcedRow<PromptRow> {
    /// The prompt as a reward sees it before there is an answer.
    var question: RewardInput {
        RewardInput(
            prompt: row.prompt, text: "", isFinished: true, columns: row.columnsForRewards, place: place)
    }
}

extension RunContext {
    /// Holds the rows of prompts against what rewards compare answers with, before anything is answered; says where a reward
    /// will have nothing to say.
    ///
    /// - Throws: `RewardError` naming the first row whose columns are missing or of another kind.
    func checkRows(of prompts: [SourcedRow<PromptRow>], for rewards: [any Reward]) throws {
        try RewardAudit.notesOfRows(
            for: rewards.map { WeightedReward(reward: $0) }, to: prompts.map(\.question)
        ).forEach(progress.note)
    }
}

extension EvaluatedArm {
    /// The arm's answers to every prompt, in the order of the prompts, those to one prompt together; drawn with the same sampler
    /// and random numbers as the other arms'.
    ///
    /// - Throws: `Interrupted` as soon as the user asks to stop.
    func answers(
        of model: LanguageModel, sampler: SamplerConfiguration, seed: UInt64, progress: ProgressDisplay
    ) throws -> [ArmAnswer] {
        let indices = prompts.indices.flatMap {
            Array(repeating: $0, count: sampler.answersPerPrompt * candidates)
        }
        let requests = indices.enumerated().map { request, prompt in
            GenerationRequest(prompt: prompts[prompt], id: UInt64(request))
        }
        let answerer = Answerer(
            model, tokenizer: source.tokenizer,
            options: sampler.options(stopTokens: source.stopTokens, seed: seed))
        let bar = progress.begin("answers of \(name)", total: requests.count)
        let answers = try ModelNotFinite.naming {
            "answer of \(name) to prompt \(indices[$0] + 1)"
        } _: {
            try answerer.answers(to: requests) { ended, tokens in
                try Interruption.check(.resumes)
                bar.update(ended, tokens: tokens)
            }
        }
        bar.finish()
        return zip(indices, answers).map { prompt, answer in
            ArmAnswer(prompt: prompt, text: answer.text, tokens: answer.tokens, finish: answer.finish)
        }
    }
}
