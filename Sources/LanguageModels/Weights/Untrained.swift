import Checkpoints
import Foundation
import Torch

extension LanguageModel {
    /// Writes the folder of a model that has learned nothing, by the rules by which transformers makes models of these
    /// families (`_init_weights`): matrices and embeddings are normal with the configuration's `initializer_range` for
    /// standard deviation, biases 0, and norms change nothing.
    ///
    /// - Parameter seed: of the numbers of the weight with this name, so that no weight depends on which others there are.
    public static func writeUntrained(
        _ configuration: ModelConfiguration, to folder: URL, seed: (String) -> UInt64
    ) throws {
        let weights = configuration.parameterShapes.sorted { $0.key < $1.key }.map { name, shape in
            NamedTensor(
                name: name,
                tensor: configuration.untrained(name, shape: shape, generator: Generator(seed: seed(name))))
        }
        try TensorFile.write(weights, to: folder.appendingPathComponent("model.safetensors"))
        try configuration.write(to: folder.appendingPathComponent(ModelFile.configuration))
    }
}

extension ModelConfiguration {
    fileprivate func untrained(_ name: String, shape: [Int], generator: Generator) -> Tensor {
        if shape.count > 1 { return generator.normal(shape) * initializerRange }
        // Where a norm multiplies by its weight and an offset, their sum is 1.
        return name.hasSuffix(".bias")
            ? .zeros(shape) : .ones(shape) - family.implementation.traits(self).normOffset
    }
}
