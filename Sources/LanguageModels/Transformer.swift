import Checkpoints
import Torch
import TorchNN

/// A decoder-only transformer up to its last hidden states, for every family: token ids in, [N, H] out.
public final class Transformer {
    public let configuration: ModelConfiguration
    public let precision: Precision
    /// The type of activations.
    public var computeType: ScalarType { precision.computeType }
    public let device: Device
    /// [V, H]
    let embedding: Tensor
    let layers: [DecoderLayer]
    let norm: RMSNorm
    let rotary: RotaryEmbedding
    /// Of layers that have other frequencies.
    let slidingRotary: RotaryEmbedding?
    /// Whether backward computes each block's activations again instead of keeping them.
    public var recomputesActivations = false
    /// Whether the embedding of the padding token learns from where the token stands; transformers' embeddings do not, which
    /// matters where it stands between documents.
    public var learnsPadding = true
    /// What dropout is drawn from in this step: a block that runs again draws the same.
    var dropoutGenerator: Generator?
    /// Where passes with gradients write down which experts tokens went to.
    var routerRecord: RouterRecord?
    /// Dropout of the embeddings and of what blocks add to them; nil outside training.
    var dropout: (probability: Double, generator: Generator)?

    init(_ configuration: ModelConfiguration, weights: WeightScope, precision: Precision, device: Device) {
        let traits = configuration.family.implementation.traits(configuration)
        self.configuration = configuration
        self.precision = precision
        self.device = device
        embedding = weights.tensor(
            "embed_tokens.weight", shape: [configuration.vocabularySize, configuration.hiddenSize])
        layers = (0..<configuration.layerCount).map {
            DecoderLayer(configuration, layer: $0, traits: traits, weights: weights.scope("layers.\($0)"))
        }
        norm = weights.norm(
            "norm", size: configuration.hiddenSize, epsilon: configuration.normEpsilon,
            offset: traits.normOffset)
        rotary = RotaryEmbedding(RotaryFrequencies(configuration), device: device)
        slidingRotary = configuration.slidingRope.map {
            RotaryEmbedding(
                RotaryFrequencies(configuration, theta: $0.theta, scaling: $0.scaling), device: device)
        }
    }

    /// Hidden states after the final norm, [N, H], of whole sequences.
    ///
    /// Where frequencies depend on the length of a sequence, sequences that share a beginning must have been taken apart: what
    /// the beginning says depends on what follows (``states(before:of:)``).
    public func hiddenStates(of batch: PackedBatch) -> Tensor {
        hiddenStates(tokens: batch.tokens, positions: batch.rowPositions, context: context(of: batch))
    }

    /// Hidden states of rows that continue cached sequences, [N, H]; their keys and values join the cache.
    func hiddenStates(of tokens: [Int], rows: CachedRows, cache: KeyValueCache) -> Tensor {
        cache.begin(rows)
        return hiddenStates(tokens: tokens, positions: rows.rowPositions) {
            RowContext(
                rotaryAngles: $0, slidingAngles: $1, lengths: rows.lengths, prefixes: nil, cache: cache,
                cached: rows)
        }
    }

    /// The states after the embedding, after each block, and after the final norm in place of the last block's:
    /// what transformers calls `hidden_states`.
    func allHiddenStates(of batch: PackedBatch) -> [Tensor] {
        var states: [Tensor] = []
        let last = hiddenStates(
            tokens: batch.tokens, positions: batch.rowPositions, observing: { states.append($0) },
            context: context(of: batch))
        return states.dropLast() + [last]
    }

    private func context(of batch: PackedBatch) -> (RotaryAngles, RotaryAngles?) -> RowContext {
        let routing = recordsGradients ? routerRecord : nil
        return {
            RowContext(
                rotaryAngles: $0, slidingAngles: $1, lengths: batch.lengths, prefixes: batch.prefixes,
                cache: nil, cached: CachedRows(runs: []), routing: routing)
        }
    }

    func makeCache(slots: Int, capacity: Int) -> KeyValueCache {
        KeyValueCache(
            layers: layers.count, slots: slots, capacity: capacity, heads: configuration.keyValueHeadCount,
            headSize: configuration.headSize, type: computeType, device: device)
    }

    private func hiddenStates(
        tokens: [Int], positions: RowPositions, observing: (Tensor) -> Void = { _ in },
        context: (_ angles: RotaryAngles, _ slidingAngles: RotaryAngles?) -> RowContext
    ) -> Tensor {
        var rows = context(rotary.angles(at: positions), slidingRotary?.angles(at: positions))
        rows.dropout = dropout
        var states = rows.dropped(embedded(tokens))
        observing(states)
        for (index, layer) in layers.enumerated() {
            states = run(layer, index, on: states, rows: rows)
            observing(states)
        }
        return norm(states)
    }

    private func embedded(_ tokens: [Int]) -> Tensor {
        var states = embedding.working(in: computeType).embedding(Tensor(tokens, on: device)).to(computeType)
        if configuration.scales.embedding != 1 { states = states * configuration.scales.embedding }
        guard !learnsPadding, let padding = configuration.paddingID, states.requiresGradient else {
            return states
        }
        let isPadding = Tensor(tokens.map { $0 == padding }, on: device).unsqueezed(1)
        return .select(isPadding, states.detached(), else: states)
    }

    private func run(_ layer: DecoderLayer, _ index: Int, on states: Tensor, rows: RowContext) -> Tensor {
        // A block that runs twice would write its routing down without its gradient.
        let isRecorded = rows.routing != nil && configuration.hasExperts(index)
        guard recomputesActivations, rows.cache == nil, !isRecorded else {
            return layer(states, rows: rows, layer: index)
        }
        var input = states
        if !states.requiresGradient {
            // Frozen embeddings give states without a gradient, after which adapters would learn nothing.
            input = states.detached()
            input.requiresGradient = true
        }
        let replay = dropoutGenerator.map(Replay.init)
        return input.recomputing { input in
            let compute = { layer(input, rows: rows, layer: index) }
            return replay?.run(compute) ?? compute()
        }
    }
}

/// Runs something that draws numbers again with the numbers of the first time.
private final class Replay {
    private let generator: Generator
    private let start: [UInt8]
    private var isRepeated = false

    init(_ generator: Generator) {
        self.generator = generator
        start = generator.state
    }

    func run<Result>(_ body: () -> Result) -> Result {
        guard isRepeated else {
            isRepeated = true
            return body()
        }
        let now = generator.state
        generator.state = start
        defer { generator.state = now }
        return body()
    }
}
