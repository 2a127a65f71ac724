import LanguageModels
import Tokenization
import Torch

/// How likely a language model finds each of some short texts as all that it says next.
struct ChoiceLikelihoods {
    /// Conversations that are read at once.
    private static let batchSize = 8

    private let model: LanguageModel
    private let choices: [[Int]]

    init(_ model: LanguageModel, _ tokenizer: Tokenizer, choices: [String]) {
        self.model = model
        self.choices = choices.map { tokenizer.encode($0, addingSpecialTokens: false) }
    }

    /// Tokens of a prompt that still leave room for the longest choice.
    var maximumPromptLength: Int {
        model.configuration.maximumPositions - (choices.map(\.count).max() ?? 0)
    }

    /// Of each prompt the probabilities of the choices, which sum to at most 1; nil for one that is too long.
    ///
    /// A choice that begins another, as 1 begins 10, is meant where the other does not follow.
    /// - Throws: ``ModelNotFinite`` naming the prompt's number.
    func probabilities(after prompts: [[Int]]) throws -> [[Double]?] {
        let fitting = prompts.indices.filter { prompts[$0].count <= maximumPromptLength }
            .sorted { (prompts[$0].count, $0) < (prompts[$1].count, $1) }
        var result = [[Double]?](repeating: nil, count: prompts.count)
        for batch in fitting.chunked(Self.batchSize) {
            let probabilities = beginnings(batch.map { prompts[$0] })
            for (index, beginnings) in zip(batch, probabilities) {
                guard beginnings.allSatisfy(\.isFinite) else {
                    throw ModelNotFinite(
                        model: model.origin, quantity: "a probability",
                        value: beginnings.first { !$0.isFinite } ?? .nan, index: index)
                }
                result[index] = meant(beginnings)
            }
        }
        return result
    }

    /// Of each prompt the probabilities that its continuation begins with the choices.
    private func beginnings(_ prompts: [[Int]]) -> [[Double]] {
        let batch = PackedBatch(sharing: prompts.map { ($0, choices) })
        var counts: [Bool] = []
        for prompt in prompts {
            counts += Array(repeating: false, count: prompt.count)
            counts += Array(repeating: true, count: choices.reduce(0) { $0 + $1.count })
        }
        let sums = withoutGradients {
            let likelihoods = model.tokenLikelihoods(of: batch, counts: counts)
            return likelihoods.summedPerSequence(likelihoods.logProbabilities).exp().doubles()
        }
        // A prompt is a sequence of the batch, and its choices are the ones behind it.
        return sums.chunked(1 + choices.count).map { Array($0.dropFirst()) }
    }

    private func meant(_ beginnings: [Double]) -> [Double] {
        choices.indices.map { place in
            choices.indices.reduce(beginnings[place]) { rest, other in
                choices[other].count > choices[place].count && choices[other].starts(with: choices[place])
                    ? max(0, rest - beginnings[other]) : rest
            }
        }
    }
}
