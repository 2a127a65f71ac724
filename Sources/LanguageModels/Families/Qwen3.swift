import Checkpoints

/// Qwen3 (Yang et al., 2025): llama with queries and keys normalised per head, and a head size of its own.
enum Qwen3: DecoderFamily {
    static func attentionTraits(_ configuration: ModelConfiguration) -> AttentionTraits {
        AttentionTraits(
            inputBias: configuration.attentionHasBias, outputBias: configuration.attentionHasBias,
            normalizesHeads: true)
    }
}
