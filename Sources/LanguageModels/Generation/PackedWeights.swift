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
    func packed() -> PackedDecoder {
        let decoder = transformer.packedFrame(head: trainedHeadWeight)
        weightFiles?.releasePages()
        for layer in transformer.layers {
            decoder.append(layer.packed(in: transformer.computeType))
            weightFiles?.releasePages()
        }
        return decoder
    }
}

extension Transformer {
    /// A decoder without layers under a head [V, H].
    fileprivate func packedFrame(head: Tensor) -> PackedDecoder {
        let frame = PackedDecoder.Frame(
            headCount: configuration.headCount, keyValueHeadCount: configuration.keyValueHeadCount,
            headSize: configuration.headSize, normEpsilon: configuration.normEpsilon, embedding: embedding,
            finalNorm: norm.weight, head: head, cosine: rotary.cosine, sine: rotary.sine)
        return PackedDecoder(frame, type: computeType)
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
