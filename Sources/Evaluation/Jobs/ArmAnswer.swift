import Alignment
import Datasets
import LanguageModels
import Runs
import Tokenization

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
}

/// Lets an arm answer every prompt, with the same sampler and random numbers as the others.
struct AnswerWriter {
    let arm: EvaluatedArm
    let sampler: SamplerConfiguration
    let seed: UInt64
    let progress: ProgressDisplay

    /// Answers in the order of the prompts, those to one prompt together.
    /// - Throws: `EvaluationInterrupted` as soon as the user asks to stop.
    func answers(of model: LanguageModel) throws -> [ArmAnswer] {
        let indices = arm.prompts.indices.flatMap { Array(repeating: $0, count: sampler.answersPerPrompt) }
        let requests = indices.enumerated().map { request, prompt in
            GenerationRequest(prompt: arm.prompts[prompt], id: UInt64(request))
        }
        let options = GenerationOptions(
            sampling: sampler.parameters, maximumNewTokens: sampler.maximumNewTokens,
            stopTokens: arm.source.stopTokens, seed: seed)
        let bar = progress.begin("answers of \(arm.name)", total: requests.count)
        var lengths = [Int](repeating: 0, count: requests.count)
        var (done, tokens) = (0, 0)
        let answers = try model.generate(requests, options: options) { request, token in
            guard !Interruption.requested else { throw EvaluationInterrupted() }
            lengths[request] += 1
            tokens += 1
            if options.stopTokens.contains(token) || lengths[request] == options.maximumNewTokens {
                done += 1
            }
            bar.update(done, tokens: tokens)
            return true
        }
        bar.finish()
        return zip(indices, answers).map { prompt, answer in
            ArmAnswer(
                prompt: prompt, text: arm.source.tokenizer.decode(answer.tokens, skippingSpecialTokens: true),
                tokens: answer.tokens, finish: answer.finish)
        }
    }
}
