import Checkpoints
import Torch
import TorchNN

extension LanguageModel {
    /// Keeps the weights laid out for generation while `body` runs, with enabled adapters merged in; calls nest. Weights must not
    /// change meanwhile.
    ///
    /// `generate` does this for itself: around several calls it saves laying the weights out again for each.
    public func withPackedWeights<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard canBePacked, packedDecoder == nil else { return try body() }
        packWeights()
        defer { packedDecoder = nil }
        return try body()
    }

    /// Lays the weights out for generation for good, in a model that only generates from now on.
    public func packWeights() {
        guard canBePacked, packedDecoder == nil else { return }
        packedDecoder = packed()
    }

    /// The weights as they are now.
    func packed() -> PackedDecoder { packed(head: trainedHeadWeight) }
}

extension RewardModel {
    /// Lays the weights out for good, in a model that only scores from now on.
    public func packWeights() {
        if canBePacked { packedDecoder = packed(head: nil) }
    }

    /// What ``lastStates(of:)`` says, by a decoder that ends there.
    func lastStates(of batch: PackedBatch, by decoder: PackedDecoder) -> Tensor {
        precondition(batch.prefixes.allSatisfy { $0 == nil }, "a packed reward model reads whole sequences")
        // Keys and values of all of them would take more memory than the weights.
        let sequences = zip(batch.starts, batch.lengths).map { Array(batch.tokens[$0..<$0 + $1]) }
        decoder.reserve(slots: Self.sequencesAtOnce, capacity: batch.lengths.max() ?? 1)
        let states = stride(from: 0, to: sequences.count, by: Self.sequencesAtOnce).map { first in
            let group = sequences[first..<min(first + Self.sequencesAtOnce, sequences.count)]
            let runs = group.enumerated().map { CachedRows.Run(slot: $0, start: 0, length: $1.count) }
            return decoder.outputs(of: group.flatMap(\.self), rows: CachedRows(runs: runs))
        }
        return Tensor.concatenated(states)
    }

    private static let sequencesAtOnce = 4
}

extension ModelConfiguration {
    /// Whether the decoder of the CPU knows such a model. It keeps what it has read, and has no experts.
    public var hasPackedDecoder: Bool { experts == nil && !dependsOnLength }
}

extension DecoderModel {
    fileprivate var canBePacked: Bool { device.isCPU && configuration.hasPackedDecoder }

    fileprivate func packed(head: Tensor?) -> PackedDecoder {
        let decoder = transformer.packedFrame(head: head)
        weightFiles?.releasePages()
        for (index, layer) in transformer.layers.enumerated() {
            decoder.append(transformer.packed(layer, index))
            weightFiles?.releasePages()
        }
        return decoder
    }
}

extension Transformer {
    /// A decoder without layers under a head [V, H], or none.
    fileprivate func packedFrame(head: Tensor?) -> PackedDecoder {
        let scales = configuration.scales
        // Logits are divided by dividing what the head multiplies.
        let finalNorm = head == nil || scales.logits == 1 ? norm.scale : norm.scale / scales.logits
        let frame = PackedDecoder.Frame(
            headCount: configuration.headCount, keyValueHeadCount: configuration.keyValueHeadCount,
            headSize: configuration.headSize, positionCount: configuration.maximumPositions,
            normEpsilon: configuration.normEpsilon, embeddingScale: scales.embedding,
            attentionScale: scales.attention, residualScale: scales.residual,
            usesGELU: configuration.activation == .geluTanh, embedding: embedding, finalNorm: finalNorm,
            head: head)
        return PackedDecoder(frame, weights: precision.packedWeights)
    }

    fileprivate func packed(_ layer: DecoderLayer, _ index: Int) -> PackedDecoder.Layer {
        guard let feedForward = layer.feedForward as? FeedForward else {
            preconditionFailure("layer \(index) has experts, which are not packed")
        }
        let (attention, type) = (layer.attention, computeType)
        let input = attention.packedInput(in: type)
        let gated = feedForward.packedInput(in: type)
        let table: RotaryAngles? =
            switch configuration.positions(of: index) {
            case .rotary: rotary.table
            case .slidingRotary: slidingRotary?.table
            case .none: nil
            }
        return PackedDecoder.Layer(
            attentionNorm: layer.attentionNorms.before?.scale, query: input.query, key: input.key,
            value: input.value, queryBias: input.biases?.query, keyBias: input.biases?.key,
            valueBias: input.biases?.value, queryNorm: attention.queryNorm?.scale,
            keyNorm: attention.keyNorm?.scale, output: attention.output.mergedWeight(in: type),
            outputBias: attention.output.bias, attentionOutputNorm: layer.attentionNorms.after?.scale,
            feedForwardNorm: layer.feedForwardNorms.before?.scale, gate: gated.gate, up: gated.up,
            down: feedForward.down.mergedWeight(in: type), gateBias: gated.biases?.gate,
            upBias: gated.biases?.up, downBias: feedForward.down.bias,
            feedForwardOutputNorm: layer.feedForwardNorms.after?.scale, cosine: table?.cosine,
            sine: table?.sine, window: configuration.window(of: index))
    }
}

extension Attention {
    typealias Parts = (query: Tensor, key: Tensor, value: Tensor)

    /// Weights of queries, keys and values, and their biases where there are some.
    fileprivate func packedInput(
        in type: ScalarType
    ) -> (query: Tensor, key: Tensor, value: Tensor, biases: Parts?) {
        let weights: Parts
        var biases: Parts?
        switch input {
        case .apart(let query, let key, let value):
            weights = (query.mergedWeight(in: type), key.mergedWeight(in: type), value.mergedWeight(in: type))
            if let queryBias = query.bias, let keyBias = key.bias, let valueBias = value.bias {
                biases = (queryBias, keyBias, valueBias)
            }
        case .together(let layer):
            weights = parts(of: layer.mergedWeight(in: type), along: 0)
            biases = layer.bias.map { parts(of: $0, along: 0) }
        }
        return (weights.query, weights.key, weights.value, biases)
    }
}

extension FeedForward {
    typealias Halves = (gate: Tensor, up: Tensor)

    fileprivate func packedInput(in type: ScalarType) -> (gate: Tensor, up: Tensor, biases: Halves?) {
        switch input {
        case .apart(let gate, let up):
            var biases: Halves?
            if let gateBias = gate.bias, let upBias = up.bias { biases = (gateBias, upBias) }
            return (gate.mergedWeight(in: type), up.mergedWeight(in: type), biases)
        case .together(let layer):
            let weights = Self.halves(of: layer.mergedWeight(in: type), along: 0)
            return (weights.gate, weights.up, layer.bias.map { Self.halves(of: $0, along: 0) })
        }
    }
}
