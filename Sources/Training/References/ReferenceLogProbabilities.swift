import LanguageModels
import Torch

/// A row whose responses a reference scores.
public protocol PromptedRow: Hashable, Sendable {
    /// Its prompt, and the responses that continue it.
    var family: (prefix: [Int], continuations: [[Int]]) { get }
}

extension PromptedRow {
    /// Tokens of the responses that are scored: the first of a sequence never is.
    var scoredTokens: Int {
        let (prefix, continuations) = family
        return continuations.reduce(0) { $0 + $1.count - (prefix.isEmpty && !$1.isEmpty ? 1 : 0) }
    }
}

/// Log-probabilities of the responses' tokens under the reference: measured each time, or recorded before training, which
/// leaves the reference no work and no memory while the policy learns.
public struct ReferenceLogProbabilities<Row: PromptedRow> {
    private enum Source {
        case model(ReferencePolicy, policy: LanguageModel)
        case record([Row: [Float]])
    }

    private let source: Source

    public init(_ reference: ReferencePolicy, policy: LanguageModel) {
        source = .model(reference, policy: policy)
    }

    /// - Parameter record: for each row the log-probabilities of its scored tokens.
    init(record: [Row: [Float]]) { source = .record(record) }

    /// For each row the log-probabilities of its scored tokens, response after response.
    package func logProbabilities(of rows: [Row]) -> [[Float]] {
        switch source {
        case .record(let record):
            return rows.map { row in
                guard let recorded = record[row] else { preconditionFailure("a row that was not recorded") }
                return recorded
            }
        case .model(let reference, let policy):
            let batch = ResponseBatch(families: rows.map(\.family))
            let scores = reference.tokenLikelihoods(of: batch.packed, counts: batch.counts, policy: policy)
            var remaining = scores.logProbabilities.floats()[...]
            return rows.map { row in
                defer { remaining = remaining.dropFirst(row.scoredTokens) }
                return Array(remaining.prefix(row.scoredTokens))
            }
        }
    }

    /// The reference model that is asked; nil where none is, or it is the policy without its adapters.
    package var model: LanguageModel? {
        if case .model(let reference, _) = source { reference.ownModel } else { nil }
    }
}
