import Checkpoints

/// Granite 3 (IBM, 2024): llama with constants for embeddings, scores, what blocks add, and logits
/// (`ModelConfiguration.Scales`).
enum Granite: DecoderFamily {
    static func traits(_ configuration: ModelConfiguration) -> LayerTraits {
        LayerTraits(inputBias: configuration.attentionHasBias, outputBias: configuration.attentionHasBias)
    }
}
