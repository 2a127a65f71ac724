import LanguageModels
import Runs
import Torch
import Training

/// A sequence of which the tokens from `start` on are scored.
struct ScoredSequence {
    let tokens: [Int]
    let start: Int
}

/// Scores sequences in packed batches of like length.
struct SequenceScoring {
    /// Divides the logits.
    var temperature = 1.0
    let progress: ProgressDisplay

    private static let tokensPerBatch = 4096

    /// The sum of the log-probabilities of each sequence's scored tokens, in the order of the sequences.
    ///
    /// - Parameter reference: which weights score, those of `model` or what is beneath its adapters.
    /// - Throws: `Interrupted` between batches, `TorchError` where memory runs out, `ModelNotFinite` with the number of a
    ///   sequence.
    func logProbabilities(
        of sequences: [ScoredSequence], under reference: ReferencePolicy, of model: LanguageModel,
        title: String
    ) throws -> [Double] {
        var sums = [Double](repeating: 0, count: sequences.count)
        let bar = progress.begin(title, total: sequences.count)
        var (done, tokens) = (0, 0)
        for indices in Self.batches(of: sequences) {
            try Interruption.check(.resumes)
            let part = indices.map { sequences[$0] }
            let batch = PackedBatch(part.map(\.tokens))
            let counts = part.flatMap { sequence in sequence.tokens.indices.map { $0 >= sequence.start } }
            let scores = try catchingErrors {
                try ModelNotFinite.naming {
                    "\(title), text \(indices[$0] + 1)"
                } _: {
                    try reference.tokenLikelihoods(
                        of: batch, counts: counts, temperature: temperature, policy: model
                    ).finiteLogProbabilities()
                }
            }
            for (index, own) in zip(indices, scores) { sums[index] = own.reduce(0, +) }
            done += indices.count
            tokens += batch.tokens.count
            bar.update(done, tokens: tokens)
        }
        bar.finish()
        return sums
    }

    /// Indices of the sequences, shortest first, in batches of a bounded number of tokens. They depend on the lengths
    /// alone, so two models that score the same sequences do it in the same batches.
    private static func batches(of sequences: [ScoredSequence]) -> [[Int]] {
        let byLength = sequences.indices.sorted {
            (sequences[$0].tokens.count, $0) < (sequences[$1].tokens.count, $1)
        }
        var batches: [[Int]] = []
        var room = 0
        for index in byLength {
            let length = sequences[index].tokens.count
            if length > room {
                batches.append([])
                room = tokensPerBatch
            }
            batches[batches.count - 1].append(index)
            room -= length
        }
        return batches
    }
}
