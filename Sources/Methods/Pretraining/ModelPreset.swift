import Checkpoints
import Settings

/// Shapes of new models, by size: llama's, with embeddings that are the head too, as small vocabularies suit them.
public enum ModelPreset: String, Codable, Sendable, CaseIterable {
    case nano, tiny, small, base, large

    static var names: String { allCases.map(\.rawValue).joined(separator: "|") }

    /// Width, layers and heads of 64 numbers, of which two and more share keys and values.
    var shape: (hidden: Int, layers: Int, heads: Int, keyValueHeads: Int) {
        switch self {
        case .nano: (128, 4, 2, 1)
        case .tiny: (256, 6, 4, 2)
        case .small: (384, 8, 6, 2)
        case .base: (576, 12, 9, 3)
        case .large: (768, 20, 12, 4)
        }
    }

    /// - Parameters:
    ///   - vocabularySize: of the tokenizer.
    ///   - positions: as many as its rows are long, as it learns no others.
    func configuration(
        vocabularySize: Int, positions: Int, beginning: Int, ends: [Int]
    ) -> ModelConfiguration {
        let shape = shape
        return ModelConfiguration(
            family: .llama, hiddenSize: shape.hidden, layerCount: shape.layers, headCount: shape.heads,
            keyValueHeadCount: shape.keyValueHeads, headSize: Self.headSize,
            // Three matrices of 8/3 the width have as many weights as two of four times it (Shazeer 2020).
            feedForwardSize: (shape.hidden * 8 / 3 + 63) / 64 * 64, vocabularySize: vocabularySize,
            maximumPositions: positions, normEpsilon: 1e-5, ropeTheta: 10_000, tiesEmbeddings: true,
            attentionHasBias: false, initializerRange: 0.02, beginningOfSequenceID: beginning,
            endOfSequenceIDs: ends, elementType: .float32)
    }

    private static let headSize = 64
}
