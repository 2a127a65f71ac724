import Checkpoints

/// Mistral 7B (Jiang et al., 2023): llama in which every layer may see only a sliding window.
enum Mistral: DecoderFamily {
    static func traits(_ configuration: ModelConfiguration) -> LayerTraits {
        LayerTraits()
    }
}
