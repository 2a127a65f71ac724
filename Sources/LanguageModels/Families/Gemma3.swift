import Checkpoints

/// The text model of Gemma 3 (Gemma Team, 2025): five of six layers slide and turn by a θ of their own; norms before and after
/// each block multiply by 1 + weight; embeddings are scaled by the root of the hidden size; the gate is a GELU.
enum Gemma3: DecoderFamily {
    static func traits(_ configuration: ModelConfiguration) -> LayerTraits {
        LayerTraits(
            inputBias: configuration.attentionHasBias, outputBias: configuration.attentionHasBias,
            headNorm: .perHead, norms: .around, normOffset: 1)
    }
}
