import Torch
import TorchNN

/// Sizes that every layer needs.
struct DecoderShape {
    let hiddenSize: Int
    let feedForwardSize: Int
    let headCount: Int
    let keyValueHeadCount: Int
    let headSize: Int
    let normEpsilon: Double
}

/// What all layers of one forward pass share: positions, and whether keys and values are kept.
struct RowContext {
    /// Rotary angles of every row, [N, D/2].
    let cosine: Tensor
    let sine: Tensor
    /// Rows per sequence, and the sequences that they continue (nil: none does); used where there is no cache.
    let lengths: [Int]
    let prefixes: [Int?]?
    let cache: KeyValueCache?
    /// Where rows go in the cache; empty without one.
    let cached: CachedRows
    /// Of what blocks add to the states; nil outside training.
    var dropout: (probability: Double, generator: Generator)?

    func dropped(_ change: Tensor) -> Tensor {
        dropout.map { change.dropout($0.probability, using: $0.generator) } ?? change
    }
}

/// One pre-norm block: attention and feed-forward, each added to the residual stream.
final class DecoderLayer {
    let attentionNorm: RMSNorm
    let attention: Attention
    let feedForwardNorm: RMSNorm
    let feedForward: FeedForward

    init(_ shape: DecoderShape, traits: AttentionTraits, weights: WeightScope) {
        attentionNorm = weights.norm("input_layernorm", size: shape.hiddenSize, epsilon: shape.normEpsilon)
        attention = Attention(shape, traits: traits, weights: weights.scope("self_attn"))
        feedForwardNorm = weights.norm(
            "post_attention_layernorm", size: shape.hiddenSize, epsilon: shape.normEpsilon)
        feedForward = FeedForward(shape, weights: weights.scope("mlp"))
    }

    /// [N, H] → [N, H]
    func callAsFunction(_ input: Tensor, rows: RowContext, layer: Int) -> Tensor {
        let attended = input + rows.dropped(attention(attentionNorm(input), rows: rows, layer: layer))
        return attended + rows.dropped(feedForward(feedForwardNorm(attended)))
    }
}
