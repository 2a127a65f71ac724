import Checkpoints

/// Phi-3 (Abdin et al., 2024): llama with q, k and v in one matrix and gate and up in another; a part of each head may stay
/// without rotation, and LongRoPE stretches it.
enum Phi3: DecoderFamily {
    static func traits(_ configuration: ModelConfiguration) -> LayerTraits {
        LayerTraits(fusesProjections: true)
    }
}
