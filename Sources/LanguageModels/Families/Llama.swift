import Checkpoints

/// Llama (Touvron et al., 2023) and what shares its shape: SmolLM2, Mistral without sliding windows, TinyLlama.
enum Llama: DecoderFamily {
    static func attentionTraits(_ configuration: ModelConfiguration) -> AttentionTraits {
        AttentionTraits(inputBias: configuration.attentionHasBias, outputBias: configuration.attentionHasBias)
    }
}
