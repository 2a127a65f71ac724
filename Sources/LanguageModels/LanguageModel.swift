import Checkpoints
import Foundation
import Torch
import TorchNN

/// How numbers are computed.
public enum Precision: String, Codable, Sendable, CaseIterable {
    /// Everything in fp32.
    case fp32
    /// Activations and products in bf16; trained weights, sums, norms' arithmetic and log-probabilities in fp32.
    case bf16
    /// On the CPU, for answers and scores that nothing learns from: matrices in 8 bits, what they multiply rounded likewise, keys
    /// and values in bf16, everything else in fp32.
    case int8

    /// Of tensors.
    var computeType: ScalarType { self == .bf16 ? .bfloat16 : .float32 }

    /// Of matrices that are laid out for generation.
    var packedWeights: PackedDecoder.Weights {
        switch self {
        case .fp32: .float32
        case .bf16: .bfloat16
        case .int8: .int8
        }
    }
}

/// Which weights of a loaded model learn.
public enum Trainability: Sendable {
    /// None: a reference, a model to sample from.
    case frozen
    /// All, kept in fp32.
    case full
    /// Only adapters, added after loading; the weights beneath are kept in the compute type.
    case adapters
}

/// A decoder and the head on top of it, with what every kind of model shares: parameters, adapters, saving.
public class DecoderModel {
    public let transformer: Transformer
    /// What is on top, as config.json states it.
    let head: ModelConfiguration.Head
    /// Every weight in checkpoint order.
    public let weights: [NamedTensor]
    let linears: [(name: String, layer: Linear)]
    /// The folders that weights were loaded from, for messages.
    public internal(set) var origin: String
    /// The adapters' configuration once they are attached.
    public private(set) var adapterConfiguration: AdapterConfiguration?
    /// Set while the weights are laid out for generation.
    var packedDecoder: PackedDecoder?
    /// The files that the weights are read from whenever they are used; nil where they were copied.
    let weightFiles: WeightFiles?

    public var configuration: ModelConfiguration { transformer.configuration }
    public var device: Device { transformer.device }

    init(transformer: Transformer, head: ModelConfiguration.Head, loader: WeightLoader) {
        self.head = head
        self.transformer = transformer
        weights = loader.parameters
        linears = loader.linears
        weightFiles = loader.borrowedFiles
        origin = loader.place
    }

    /// What learns, by name: the adapters where there are some, otherwise every weight that requires a gradient.
    public var trainableParameters: [NamedTensor] {
        let adapted = adapterTensors
        return adapted.isEmpty ? weights.filter { $0.tensor.requiresGradient } : adapted + extraTrainable
    }

    /// Trained in full beside adapters (a head that the base model lacks).
    var extraTrainable: [NamedTensor] { [] }

    /// Adapter matrices under PEFT's names.
    var adapterTensors: [NamedTensor] {
        linears.flatMap { name, layer -> [NamedTensor] in
            guard let adapter = layer.adapter else { return [] }
            let path = "base_model.model.\(name)"
            let magnitude = adapter.magnitude.map {
                [NamedTensor(name: "\(path).lora_magnitude_vector", tensor: $0)]
            }
            return [
                NamedTensor(name: "\(path).lora_A.weight", tensor: adapter.down),
                NamedTensor(name: "\(path).lora_B.weight", tensor: adapter.up),
            ] + (magnitude ?? [])
        }
    }

    /// Puts a fresh adapter beside every linear layer whose last name component is a target.
    /// - Throws: `WeightError` when a target names no layer.
    public func attachAdapters(_ configuration: AdapterConfiguration, generator: Generator) throws {
        try attach(configuration) { _, layer in
            LowRankAdapter(
                beside: layer, rank: configuration.rank, scale: configuration.scale,
                learnsMagnitude: configuration.learnsMagnitude, generator: generator)
        }
    }

    func attach(
        _ configuration: AdapterConfiguration, making adapter: (String, Linear) throws -> LowRankAdapter
    ) throws {
        var unmatched = Set(configuration.targetModules)
        for (name, layer) in linears {
            guard configuration.targetModules.contains(name.lastComponent) else { continue }
            unmatched.remove(name.lastComponent)
            let fresh = try adapter(name, layer)
            for parameter in fresh.parameters { parameter.requiresGradient = true }
            layer.adapter = fresh
        }
        guard unmatched.isEmpty else {
            throw WeightError.unsupported(
                "no linear layer is called \(unmatched.sorted().joined(separator: ", ")); "
                    + "layers: \(adaptableLayers.sorted().joined(separator: ", "))")
        }
        adapterConfiguration = configuration
    }

    /// The last name components of all linear layers: what adapters can be put beside.
    public var adaptableLayers: Set<String> { Set(linears.map { $0.name.lastComponent }) }

    /// Runs `body` on the model as it was before its adapters were trained: the reference policy.
    public func withoutAdapters<Result>(_ body: () throws -> Result) rethrows -> Result {
        setAdapters(enabled: false)
        defer { setAdapters(enabled: true) }
        return try body()
    }

    /// Turns dropout on for training, or off.
    /// - Parameters:
    ///   - ofAdapters: chance that an input of an adapter is dropped.
    ///   - ofLayers: that an element of the embeddings, or of what attention or feed-forward add to them, is.
    ///   - generator: where chance comes from; nil turns both off.
    public func setDropout(
        ofAdapters: Double = 0, ofLayers: Double = 0, using generator: Generator? = nil
    ) {
        func dropout(_ probability: Double) -> (probability: Double, generator: Generator)? {
            probability > 0 ? generator.map { (probability, $0) } : nil
        }
        for (_, layer) in linears { layer.adapter?.dropout = dropout(ofAdapters) }
        transformer.dropout = dropout(ofLayers)
        transformer.dropoutGenerator = generator
    }

    /// Adds the adapters to the weights for good. The weights are of a model that was loaded to learn in full.
    public func mergeAdapters() {
        withoutGradients {
            for (weight, merged) in zip(weights, mergedWeights) where weight.tensor !== merged.tensor {
                weight.tensor.assign(merged.tensor)
            }
        }
        for (_, layer) in linears { layer.adapter = nil }
        adapterConfiguration = nil
    }

    private func setAdapters(enabled: Bool) {
        for (_, layer) in linears { layer.adapter?.isEnabled = enabled }
    }
}

/// A causal language model: hidden states and a head over the vocabulary.
public final class LanguageModel: DecoderModel {
    /// [V, H] as it is kept.
    let trainedHeadWeight: Tensor
    /// [V, H] in the type of the hidden states; the embedding itself where they are tied.
    var headWeight: Tensor { trainedHeadWeight.working(in: transformer.computeType) }

    init(transformer: Transformer, headWeight: Tensor, loader: WeightLoader) {
        trainedHeadWeight = headWeight
        super.init(transformer: transformer, head: .causalLanguageModel, loader: loader)
    }

    /// Logits of hidden states, [N, H] → [N, V], fp32, differentiable. For few rows: a whole batch's logits belong in
    /// `tokenLogProbabilities`, which never builds them, or in a stretch that is computed again (`recomputing`).
    public func logits(of hiddenStates: Tensor) -> Tensor {
        let logits = hiddenStates.headLogits(weight: headWeight)
        let divisor = configuration.scales.logits
        return divisor == 1 ? logits : logits / divisor
    }
}

extension String {
    /// What follows the last dot.
    var lastComponent: String { split(separator: ".").last.map(String.init) ?? self }
}
