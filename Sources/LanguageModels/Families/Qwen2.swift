import Checkpoints

/// Qwen2 and Qwen2.5 (Yang et al., 2024): llama with biases on queries, keys and values.
enum Qwen2: DecoderFamily {
    static func attentionTraits(_ configuration: ModelConfiguration) -> AttentionTraits {
        AttentionTraits(inputBias: true)
    }
}
