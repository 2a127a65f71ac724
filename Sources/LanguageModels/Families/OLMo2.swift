import Checkpoints

/// OLMo 2 (OLMo Team, 2024): norms after attention and feed-forward in place of before, queries and keys normalised over all
/// heads.
enum OLMo2: DecoderFamily {
    static func traits(_ configuration: ModelConfiguration) -> LayerTraits {
        LayerTraits(
            inputBias: configuration.attentionHasBias, outputBias: configuration.attentionHasBias,
            headNorm: .whole, norms: .after)
    }
}
