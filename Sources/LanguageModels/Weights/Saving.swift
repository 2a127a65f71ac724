import Checkpoints
import Foundation
import Torch
import TorchNN

extension DecoderModel {
    /// Writes config.json and the weights in Hugging Face layout, adapters merged in. Tokenizer files are not ours.
    /// - Parameter type: the type in which weights are written.
    public func save(to folder: URL, type: ScalarType = .float32) throws {
        let entries = mergedWeights.map { weight in
            NamedTensor(name: weight.name, tensor: weight.tensor.detached().to(type)).entry
        }
        try SafetensorsWriter.writeModel(entries, to: folder)
        var saved = configuration
        saved.head = head
        saved.elementType = type.element
        try saved.write(to: folder.appendingPathComponent(ModelFile.configuration))
    }

    /// Every weight in checkpoint order, adapters merged in, each made when it is asked for.
    public var mergedWeights: some Sequence<NamedTensor> {
        let layers = Dictionary(uniqueKeysWithValues: linears.map { ("\($0.name).weight", $0.layer) })
        let type = transformer.computeType
        return weights.lazy.map { weight in
            NamedTensor(
                name: weight.name, tensor: layers[weight.name]?.mergedWeight(in: type) ?? weight.tensor)
        }
    }

    /// Writes the adapters, and heads trained beside them, in PEFT layout.
    public func saveAdapters(to folder: URL) throws {
        guard let adapterConfiguration else { preconditionFailure("this model has no adapters to save") }
        try TensorFile.write(
            trainableParameters, to: folder.appendingPathComponent(ModelFile.adapterWeights))
        try adapterConfiguration.write(to: folder.appendingPathComponent(ModelFile.adapterConfiguration))
    }
}

extension DecoderModel {
    /// Writes what was trained: the adapters where there are some, the whole model otherwise.
    public func saveTrained(to folder: URL) throws {
        if adapterConfiguration == nil { try save(to: folder) } else { try saveAdapters(to: folder) }
    }

    /// Reads back what `saveTrained` wrote, into the same parameters.
    public func restoreTrained(from folder: URL) throws {
        guard adapterConfiguration == nil else {
            let file = folder.appendingPathComponent(ModelFile.adapterWeights)
            return try TensorFile.restore(trainableParameters, from: file)
        }
        let source = try WeightFiles(folder: folder)
        for weight in weights { try weight.tensor.restore(weight.name, from: source, place: folder.path) }
    }
}

extension Tensor {
    fileprivate func restore(_ name: String, from source: WeightFiles, place: String) throws {
        guard let description = source.descriptions[name] else {
            throw WeightError.missing([name], where: place)
        }
        guard description.shape == shape else {
            throw WeightError.wrongShape(name, expected: shape, found: description.shape, where: place)
        }
        let value = try source.borrowedTensor(description)
        withoutGradients { assign(value) }
    }
}
