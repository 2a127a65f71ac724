import Checkpoints

/// Qwen3 (Yang et al., 2025): llama with queries and keys normalised per head, and a head size of its own.
enum Qwen3: DecoderFamily {
    static func traits(_ configuration: ModelConfiguration) -> LayerTraits {
        LayerTraits(
            inputBias: configuration.attentionHasBias, outputBias: configuration.attentionHasBias,
            headNorm: .perHead)
    }
}
