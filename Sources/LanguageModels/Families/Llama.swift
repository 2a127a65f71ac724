import Checkpoints

/// Llama (Touvron et al., 2023) and what shares its shape: SmolLM2, TinyLlama.
enum Llama: DecoderFamily {
    static func traits(_ configuration: ModelConfiguration) -> LayerTraits {
        LayerTraits(inputBias: configuration.attentionHasBias, outputBias: configuration.attentionHasBias)
    }
}
