import Checkpoints

/// Qwen2 and Qwen2.5 (Yang et al., 2024): llama with biases on queries, keys and values; upper layers may slide.
enum Qwen2: DecoderFamily {
    static func traits(_ configuration: ModelConfiguration) -> LayerTraits {
        LayerTraits(inputBias: true)
    }
}
