import Torch
import TorchNN

extension LanguageModel {
    /// Keeps the weights laid out for generation while `body` runs, with enabled adapters merged in; calls nest. Weights must not
    /// change meanwhile.
    ///
    /// `generate` does this for itself: around several calls it saves laying the weights out again for each.
    public func withPackedWeights<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard device.isCPU, packedDecoder == nil else { return try body() }
        packWeights()
        defer { packedDecoder = nil }
        return try body()
    }

    /// Lays the weights out for generation for good, in a model that only generates from now on.
    public func packWeights() {
        guard device.isCPU, packedDecoder == nil else { return }
        packedDecoder = packed()
    }

    /// The weights as they are now.
    func packed() -> PackedDecoder { packed(head: trainedHeadWeight) }
}

extension RewardModel {
    /// Lays the weights out for good, in a model that only scores from now on.
    public func packWeights() { packedDecoder = packed(head: nil) }

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

extension DecoderModel {
    fileprivate func packed(head: Tensor?) -> PackedDecoder {
        let decoder = transformer.packedFrame(head: head)
        weightFiles?.releasePages()
        for layer in transformer.layers {
            decoder.append(layer.packed(in: transformer.computeType))
            weightFiles?.releasePages()
        }
        return decoder
    }
}

extension Transformer {
    /// A decoder without layers under a head [V, H], or none.
    fileprivate func packedFrame(head: Tensor?) -> PackedDecoder {
        let frame = PackedDecoder.Frame(
            headCount: configuration.headCount, keyValueHeadCount: configuration.keyValueHeadCount,
            headSize: configuration.headSize, normEpsilon: configuration.normEpsilon, embedding: embedding,
            finalNorm: norm.weight, head: head, cosine: rotary.cosine, sine: rotary.sine)
        return PackedDecoder(frame, weights: precision.packedWeights)
    }
}

extension DecoderLayer {
    fileprivate func packed(in type: ScalarType) -> PackedDecoder.Layer {
        PackedDecoder.Layer(
            attentionNorm: attentionNorm.weight,
            query: attention.query.mergedWeight(in: type), key: attention.key.mergedWeight(in: type),
            value: attention.value.mergedWeight(in: type), queryBias: attention.query.bias,
            keyBias: attention.key.bias,
            valueBias: attention.value.bias, queryNorm: attention.queryNorm?.weight,
            keyNorm: attention.keyNorm?.weight, output: attention.output.mergedWeight(in: type),
            outputBias: attention.output.bias, feedForwardNorm: feedForwardNorm.weight,
            gate: feedForward.gate.mergedWeight(in: type), up: feedForward.up.mergedWeight(in: type),
            down: feedForward.down.mergedWeight(in: type))
    }
}
