import Checkpoints
import Torch
import TorchNN

/// Grouped-query self-attention, over rows of any mix of sequences.
final class Attention {
    let input: Input
    let output: Linear
    /// Normalisation of queries and keys, where the family has it.
    let queryNorm: RMSNorm?
    let keyNorm: RMSNorm?
    /// Whether they are normalised before they fall into heads.
    private let normalizesWhole: Bool
    private let headCount: Int
    private let keyValueHeadCount: Int
    private let headSize: Int
    private let rotarySize: Int
    private let positions: ModelConfiguration.Positions
    private let visibility: AttentionVisibility

    /// The layers of queries, keys and values.
    enum Input {
        case apart(query: Linear, key: Linear, value: Linear)
        /// Queries, keys and values below each other in one weight.
        case together(Linear)
    }

    init(_ configuration: ModelConfiguration, layer: Int, traits: LayerTraits, weights: WeightScope) {
        headCount = configuration.headCount
        keyValueHeadCount = configuration.keyValueHeadCount
        headSize = configuration.headSize
        rotarySize = configuration.rotarySize
        positions = configuration.positions(of: layer)
        visibility = AttentionVisibility(
            window: configuration.window(of: layer), scale: configuration.scales.attention)
        let hidden = configuration.hiddenSize
        let (querySize, keySize) = (headCount * headSize, keyValueHeadCount * headSize)
        func linear(_ name: String, _ size: Int) -> Linear {
            weights.linear(name, input: hidden, output: size, bias: traits.inputBias)
        }
        input =
            traits.fusesProjections
            ? .together(linear("qkv_proj", querySize + 2 * keySize))
            : .apart(
                query: linear("q_proj", querySize), key: linear("k_proj", keySize),
                value: linear("v_proj", keySize))
        output = weights.linear("o_proj", input: querySize, output: hidden, bias: traits.outputBias)
        normalizesWhole = traits.headNorm == .whole
        func norm(_ name: String, _ projected: Int) -> RMSNorm? {
            guard traits.headNorm != .none else { return nil }
            return weights.norm(
                name, size: traits.headNorm == .whole ? projected : configuration.headSize,
                epsilon: configuration.normEpsilon, offset: traits.normOffset)
        }
        queryNorm = norm("q_norm", querySize)
        keyNorm = norm("k_norm", keySize)
    }

    /// [N, H] → [N, H]
    func callAsFunction(_ input: Tensor, rows: RowContext, layer: Int) -> Tensor {
        let projected = projected(input)
        let queries = turned(projected.query, heads: headCount, norm: queryNorm, rows: rows)
        let keys = turned(projected.key, heads: keyValueHeadCount, norm: keyNorm, rows: rows)
        let values = projected.value.reshaped([-1, keyValueHeadCount, headSize])
        let attended: Tensor
        if let cache = rows.cache {
            attended = cache.attend(
                queries, storing: keys, values, layer: layer, rows: rows.cached, visibility)
        } else {
            attended = .segmentAttention(
                query: queries, key: keys, value: values, lengths: rows.lengths, prefixes: rows.prefixes,
                window: visibility.window, scale: visibility.scale)
        }
        return output(attended.reshaped([-1, headCount * headSize]))
    }

    private func projected(_ states: Tensor) -> (query: Tensor, key: Tensor, value: Tensor) {
        switch input {
        case .apart(let query, let key, let value): (query(states), key(states), value(states))
        case .together(let layer): parts(of: layer(states), along: 1)
        }
    }

    /// Queries, keys and values of what one layer makes of them.
    func parts(of joined: Tensor, along dimension: Int) -> (query: Tensor, key: Tensor, value: Tensor) {
        let (querySize, keySize) = (headCount * headSize, keyValueHeadCount * headSize)
        return (
            joined.narrowed(dimension, 0..<querySize),
            joined.narrowed(dimension, querySize..<querySize + keySize),
            joined.narrowed(dimension, querySize + keySize..<querySize + 2 * keySize)
        )
    }

    /// Heads [N, heads, D] of a projection, normalised and turned by their positions.
    private func turned(_ projected: Tensor, heads: Int, norm: RMSNorm?, rows: RowContext) -> Tensor {
        let whole = normalizesWhole ? norm.map { $0(projected) } ?? projected : projected
        let split = whole.reshaped([-1, heads, headSize])
        let normed = normalizesWhole ? split : norm.map { $0(split) } ?? split
        guard let angles = rows.angles(positions) else { return normed.to(projected.type) }
        guard rotarySize < headSize else { return angles.turning(normed).to(projected.type) }
        let turned = angles.turning(normed.narrowed(2, 0..<rotarySize))
        return .concatenated([turned, normed.narrowed(2, rotarySize..<headSize)], along: 2)
            .to(projected.type)
    }
}

/// What a row of one layer sees of the tokens before it, and how scores are scaled.
struct AttentionVisibility {
    /// How many tokens, the own one included; nil: all.
    let window: Int?
    /// nil: one over the root of the head's size.
    let scale: Double?
}
