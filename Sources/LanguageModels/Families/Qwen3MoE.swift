import Checkpoints

/// Qwen3 with experts (Yang et al., 2025): the attention of qwen3, and of the feed-forward's experts a few for each token.
enum Qwen3MoE: DecoderFamily {
    static func traits(_ configuration: ModelConfiguration) -> LayerTraits {
        LayerTraits(
            inputBias: configuration.attentionHasBias, outputBias: configuration.attentionHasBias,
            headNorm: .perHead)
    }
}
