import Checkpoints
import Torch
import TorchNN

/// What all layers of one forward pass share: positions, and whether keys and values are kept.
struct RowContext {
    /// Rotary angles of every row, and of layers that have others.
    let rotaryAngles: RotaryAngles
    let slidingAngles: RotaryAngles?
    /// Rows per sequence, and the sequences that they continue (nil: none does); used where there is no cache.
    let lengths: [Int]
    let prefixes: [Int?]?
    let cache: KeyValueCache?
    /// Where rows go in the cache; empty without one.
    let cached: CachedRows
    /// Where it is written down which experts tokens went to; nil: nowhere.
    var routing: RouterRecord?
    /// Of what blocks add to the states; nil outside training.
    var dropout: (probability: Double, generator: Generator)?

    func dropped(_ change: Tensor) -> Tensor {
        dropout.map { change.dropout($0.probability, using: $0.generator) } ?? change
    }

    /// nil for layers without positions.
    func angles(_ positions: ModelConfiguration.Positions) -> RotaryAngles? {
        switch positions {
        case .rotary: rotaryAngles
        case .slidingRotary: slidingAngles
        case .none: nil
        }
    }
}

/// Attention and feed-forward, each added to the residual stream, with norms where the family has them.
final class DecoderLayer {
    let attention: Attention
    let attentionNorms: BlockNorms
    let feedForward: any FeedForwardBlock
    let feedForwardNorms: BlockNorms
    /// What is added is multiplied by it.
    private let residualScale: Double

    init(_ configuration: ModelConfiguration, layer: Int, traits: LayerTraits, weights: WeightScope) {
        func norm(_ name: String) -> RMSNorm {
            weights.norm(
                name, size: configuration.hiddenSize, epsilon: configuration.normEpsilon,
                offset: traits.normOffset)
        }
        residualScale = configuration.scales.residual
        attention = Attention(
            configuration, layer: layer, traits: traits, weights: weights.scope("self_attn"))
        let mlp = weights.scope("mlp")
        if let experts = configuration.experts, configuration.hasExperts(layer) {
            feedForward = MixtureOfExperts(configuration, experts, weights: mlp)
        } else {
            feedForward = FeedForward(
                configuration, size: configuration.feedForwardSize, fuses: traits.fusesProjections,
                weights: mlp)
        }
        switch traits.norms {
        case .before:
            attentionNorms = BlockNorms(before: norm("input_layernorm"))
            feedForwardNorms = BlockNorms(before: norm("post_attention_layernorm"))
        case .after:
            attentionNorms = BlockNorms(after: norm("post_attention_layernorm"))
            feedForwardNorms = BlockNorms(after: norm("post_feedforward_layernorm"))
        case .around:
            attentionNorms = BlockNorms(
                before: norm("input_layernorm"), after: norm("post_attention_layernorm"))
            feedForwardNorms = BlockNorms(
                before: norm("pre_feedforward_layernorm"), after: norm("post_feedforward_layernorm"))
        }
    }

    /// [N, H] → [N, H]
    func callAsFunction(_ input: Tensor, rows: RowContext, layer: Int) -> Tensor {
        let attended = adding(to: input, attentionNorms, rows) { attention($0, rows: rows, layer: layer) }
        return adding(to: attended, feedForwardNorms, rows) { feedForward($0, routing: rows.routing) }
    }

    private func adding(
        to input: Tensor, _ norms: BlockNorms, _ rows: RowContext, _ block: (Tensor) -> Tensor
    ) -> Tensor {
        let output = block(norms.before.map { $0(input) } ?? input)
        let normed = norms.after.map { $0(output) } ?? output
        return input + rows.dropped(residualScale == 1 ? normed : normed * residualScale)
    }
}

/// Norms of what goes into a block and of what comes out.
struct BlockNorms {
    var before: RMSNorm?
    var after: RMSNorm?
}
