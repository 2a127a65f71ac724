import Checkpoints
import Torch
import TorchNN

/// How a checkpoint's weights are kept.
enum WeightStorage {
    /// In memory.
    case copied(as: ScalarType)
    /// In memory in fp32, but that matrices which the file has in bf16 stay so: products in fp32 widen them as they read.
    case widenedWhenRead
    /// Matrices in the file, in its own type; vectors, which are small, in memory.
    case borrowed(vectorsAs: ScalarType)
}

/// Builds layers from a checkpoint and keeps account: what was asked for and not there, what was there and never asked for.
final class WeightLoader {
    private let source: WeightFiles
    let place: String
    private let storage: WeightStorage
    private let device: Device
    private let trainability: Trainability
    private var missing: [String] = []
    private var failure: (any Error)?
    /// Every weight in the order in which the model was built.
    private(set) var parameters: [NamedTensor] = []
    /// Every linear layer by its checkpoint name (without `.weight`), the places where adapters can go.
    private(set) var linears: [(name: String, layer: Linear)] = []

    /// - Parameters:
    ///   - place: the folder, for messages.
    init(
        _ source: WeightFiles, place: String, storage: WeightStorage, device: Device,
        trainability: Trainability
    ) {
        self.source = source
        self.place = place
        self.storage = storage
        self.device = device
        self.trainability = trainability
    }

    /// The files, where weights stay in them.
    var borrowedFiles: WeightFiles? {
        if case .borrowed = storage { source } else { nil }
    }

    func scope(_ prefix: String) -> WeightScope { WeightScope(loader: self, prefix: prefix) }

    func tensor(_ name: String, shape: [Int]) -> Tensor {
        adopt(stored(name, shape: shape, storage), as: name, learns: trainability == .full)
    }

    /// The weight of a small head: kept in fp32, and trained even beside adapters.
    func head(_ name: String, shape: [Int]) -> Tensor {
        adoptHead(stored(name, shape: shape, .copied(as: .float32)), as: name)
    }

    /// Takes in a head that was made rather than read.
    func adoptHead(_ tensor: Tensor, as name: String) -> Tensor {
        adopt(tensor, as: name, learns: trainability != .frozen)
    }

    private func adopt(_ tensor: Tensor, as name: String, learns: Bool) -> Tensor {
        tensor.requiresGradient = learns
        parameters.append(NamedTensor(name: name, tensor: tensor))
        return tensor
    }

    func register(_ layer: Linear, as name: String) { linears.append((name, layer)) }

    /// Throws when anything was missing, misshapen or unused.
    /// - Parameter ignoring: names that may be there without being used.
    func finish(ignoring: (String) -> Bool = { _ in false }) throws {
        if let failure { throw failure }
        guard missing.isEmpty else { throw WeightError.missing(missing, where: place) }
        let unused = Set(source.descriptions.keys).subtracting(parameters.map(\.name))
            .filter { !ignoring($0) }
        guard unused.isEmpty else { throw WeightError.unused(Array(unused), where: place) }
    }

    private func stored(_ name: String, shape: [Int], _ storage: WeightStorage) -> Tensor {
        guard let description = source.descriptions[name] else {
            missing.append(name)
            return .zeros(shape)
        }
        do {
            guard description.shape == shape else {
                throw WeightError.wrongShape(name, expected: shape, found: description.shape, where: place)
            }
            return switch storage {
            case .copied(let type): try source.tensor(description, keptAs: type, on: device)
            case .widenedWhenRead:
                try source.tensor(
                    description,
                    keptAs: shape.count > 1 && description.elementType == .bfloat16 ? .bfloat16 : .float32,
                    on: device)
            case .borrowed(let type):
                shape.count > 1
                    ? try source.borrowedTensor(description)
                    : try source.tensor(description, keptAs: type, on: device)
            }
        } catch {
            failure = failure ?? error
            return .zeros(shape)
        }
    }
}

/// A weight and its name in the checkpoint.
public struct NamedTensor {
    public let name: String
    public let tensor: Tensor

    public init(name: String, tensor: Tensor) {
        self.name = name
        self.tensor = tensor
    }
}

/// A loader seen from one place in the tree of names.
struct WeightScope {
    let loader: WeightLoader
    let prefix: String

    func scope(_ name: String) -> WeightScope { loader.scope(path(name)) }

    func tensor(_ name: String, shape: [Int]) -> Tensor { loader.tensor(path(name), shape: shape) }

    func linear(_ name: String, input: Int, output: Int, bias: Bool = false) -> Linear {
        let layer = Linear(
            weight: tensor("\(name).weight", shape: [output, input]),
            bias: bias ? tensor("\(name).bias", shape: [output]) : nil)
        loader.register(layer, as: path(name))
        return layer
    }

    func norm(_ name: String, size: Int, epsilon: Double, offset: Double = 0) -> RMSNorm {
        RMSNorm(weight: tensor("\(name).weight", shape: [size]), epsilon: epsilon, offset: offset)
    }

    private func path(_ name: String) -> String { prefix.isEmpty ? name : "\(prefix).\(name)" }
}
