import Datasets
import Foundation
import LanguageModels
import Runs
import Statistics
import Tokenization

/// Held-out plain text, the same for all arms.
struct PlainText {
    /// Tokens that a model sees at once: fewer than it could, so that the text gives many windows.
    static let windowLength = 512

    let documents: [String]

    /// - Throws: `DataError`, or `FileError` for a file that cannot be read.
    init(_ paths: [String], progress: ProgressDisplay) throws {
        let files = try TextFiles(paths.map { URL(fileURLWithPath: $0) })
        if let note = files.note { progress.note(note) }
        documents = try files.texts()
    }

    /// The documents' tokens, cut into windows none of which crosses a document. A window's first token has nothing
    /// before it and is not scored.
    func windows(_ tokenizer: Tokenizer, length: Int = windowLength) -> [ScoredSequence] {
        documents.flatMap { document -> [ScoredSequence] in
            let tokens = tokenizer.encodeOrdinary(document)
            return tokens.chunked(length).compactMap { window in
                window.count > 1 ? ScoredSequence(tokens: Array(window), start: 1) : nil
            }
        }
    }
}

/// How well a model predicts plain text.
struct TextLikelihood: Codable, Equatable, Sendable {
    /// Tokens scored.
    let tokens: Int
    /// Σ −log p, in nats.
    let negativeLogLikelihood: Double

    init(_ windows: [ScoredSequence], logProbabilities: [Double]) {
        tokens = windows.reduce(0) { $0 + $1.tokens.count - $1.start }
        negativeLogLikelihood = -logProbabilities.reduce(0, +)
    }

    /// exp of the mean; nil without tokens.
    var perplexity: Double? { tokens > 0 ? exp(negativeLogLikelihood / Double(tokens)) : nil }
}
