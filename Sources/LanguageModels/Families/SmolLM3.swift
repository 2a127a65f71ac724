import Checkpoints

/// SmolLM3 (Hugging Face, 2025): llama in which every fourth layer has no positions.
enum SmolLM3: DecoderFamily {
    static func traits(_ configuration: ModelConfiguration) -> LayerTraits {
        LayerTraits(inputBias: configuration.attentionHasBias, outputBias: configuration.attentionHasBias)
    }
}
