import Checkpoints
import Foundation
import Torch

/// Named tensors in one safetensors file: adapters, optimizer moments, anything a checkpoint keeps.
public enum TensorFile {
    /// Writes the tensors, each in its own type, atomically.
    public static func write(
        _ tensors: [NamedTensor], to url: URL, metadata: [String: String] = ["format": "pt"]
    ) throws {
        try SafetensorsWriter.write(tensors.map(\.entry), to: url, metadata: metadata)
    }

    /// All tensors of a file, on the CPU.
    public static func read(_ url: URL) throws -> [String: Tensor] {
        let file = try SafetensorsFile(url)
        return try file.tensors.mapValues { description in
            try file.withBytes(of: description.name) {
                try Tensor(bytes: $0, as: description, keptAs: nil, on: .cpu)
            }
        }
    }

    /// Overwrites `tensors` with the values stored under their names.
    /// - Throws: `WeightError` when a name is missing or left over, or a shape differs.
    public static func restore(_ tensors: [NamedTensor], from url: URL) throws {
        let stored = try read(url)
        let unused = Set(stored.keys).subtracting(tensors.map(\.name))
        guard unused.isEmpty else { throw WeightError.unused(Array(unused), where: url.path) }
        for target in tensors {
            guard let value = stored[target.name] else {
                throw WeightError.missing([target.name], where: url.path)
            }
            guard value.shape == target.tensor.shape else {
                throw WeightError.wrongShape(
                    target.name, expected: target.tensor.shape, found: value.shape, where: url.path)
            }
            withoutGradients { target.tensor.assign(value) }
        }
    }
}

extension NamedTensor {
    var entry: SafetensorsWriter.Entry {
        let tensor = tensor.detached()
        return SafetensorsWriter.Entry(name: name, elementType: tensor.type.element, shape: tensor.shape) {
            body in
            let bytes = UnsafeMutableRawBufferPointer.allocate(
                byteCount: tensor.count * tensor.type.byteCount, alignment: 64)
            defer { bytes.deallocate() }
            tensor.copy(to: bytes)
            try body(UnsafeRawBufferPointer(bytes))
        }
    }
}
