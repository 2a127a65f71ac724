import Torch
import TorchNN

/// Grouped-query self-attention with rotary positions, over rows of any mix of sequences.
final class Attention {
    let query: Linear
    let key: Linear
    let value: Linear
    let output: Linear
    /// Per-head normalisation of queries and keys, where the family has it.
    let queryNorm: RMSNorm?
    let keyNorm: RMSNorm?
    private let headCount: Int
    private let keyValueHeadCount: Int
    private let headSize: Int

    init(_ shape: DecoderShape, traits: AttentionTraits, weights: WeightScope) {
        headCount = shape.headCount
        keyValueHeadCount = shape.keyValueHeadCount
        headSize = shape.headSize
        let (hidden, bias) = (shape.hiddenSize, traits.inputBias)
        query = weights.linear("q_proj", input: hidden, output: headCount * headSize, bias: bias)
        key = weights.linear("k_proj", input: hidden, output: keyValueHeadCount * headSize, bias: bias)
        value = weights.linear("v_proj", input: hidden, output: keyValueHeadCount * headSize, bias: bias)
        output = weights.linear(
            "o_proj", input: headCount * headSize, output: hidden, bias: traits.outputBias)
        queryNorm =
            traits.normalizesHeads ? weights.norm("q_norm", size: headSize, epsilon: shape.normEpsilon) : nil
        keyNorm =
            traits.normalizesHeads ? weights.norm("k_norm", size: headSize, epsilon: shape.normEpsilon) : nil
    }

    /// [N, H] → [N, H]
    func callAsFunction(_ input: Tensor, rows: RowContext, layer: Int) -> Tensor {
        let queries = rotated(query(input), heads: headCount, norm: queryNorm, rows: rows)
        let keys = rotated(key(input), heads: keyValueHeadCount, norm: keyNorm, rows: rows)
        let values = value(input).reshaped([-1, keyValueHeadCount, headSize])
        let attended: Tensor
        if let cache = rows.cache {
            attended = cache.attend(queries, storing: keys, values, layer: layer, rows: rows.cached)
        } else {
            attended = .segmentAttention(
                query: queries, key: keys, value: values, lengths: rows.lengths, prefixes: rows.prefixes)
        }
        return output(attended.reshaped([-1, headCount * headSize]))
    }

    private func rotated(_ projected: Tensor, heads: Int, norm: RMSNorm?, rows: RowContext) -> Tensor {
        let split = projected.reshaped([-1, heads, headSize])
        let normed = norm.map { $0(split) } ?? split
        return normed.rotated(cosine: rows.cosine, sine: rows.sine).to(projected.type)
    }
}

/// In what the attention of one family differs from another's.
struct AttentionTraits {
    /// q, k and v have biases.
    var inputBias = false
    /// The output projection has one.
    var outputBias = false
    /// Queries and keys are normalised per head before rotation.
    var normalizesHeads = false
}
