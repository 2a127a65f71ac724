import Datasets
import LanguageModels
import Models
import Tokenization
import Training

/// Lets a model go on with some beginnings, the same way every time, for people to see what it has learned.
struct TextSampler {
    let tokenizer: Tokenizer
    let frame: DocumentFrame
    let prompts: [String]
    let tokenCount: Int
    let seed: UInt64

    /// Low enough for a small model to stay with what it knows.
    private static let temperature = 0.8

    func write(with model: LanguageModel) throws -> [WrittenSample] {
        try prompts.compactMap { prompt in
            let tokens = [frame.beginning] + tokenizer.encodeOrdinary(prompt)
            let room = model.configuration.maximumPositions - tokens.count
            guard room > 0 else { return nil }
            var sampling = SamplingParameters()
            sampling.temperature = Self.temperature
            let answerer = Answerer(
                model, tokenizer: tokenizer,
                options: GenerationOptions(
                    sampling: sampling, maximumNewTokens: min(tokenCount, room),
                    stopTokens: Set(tokenizer.stopTokens.map(\.id) + [frame.beginning]), seed: seed))
            let answer = try answerer.answers(to: [GenerationRequest(prompt: tokens, id: 0)])[0]
            return WrittenSample(prompt: prompt, text: answer.text)
        }
    }
}
