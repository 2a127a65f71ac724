import Torch
import TorchNN

/// Builds layers from a checkpoint and keeps account: what was asked for and not there, what was there and never asked for.
final class WeightLoader {
    private let source: any WeightSource
    private let place: String
    private let type: ScalarType
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
    ///   - type: the type in which weights are kept.
    init(
        _ source: any WeightSource, place: String, type: ScalarType, device: Device,
        trainability: Trainability
    ) {
        self.source = source
        self.place = place
        self.type = type
        self.device = device
        self.trainability = trainability
    }

    func scope(_ prefix: String) -> WeightScope { WeightScope(loader: self, prefix: prefix) }

    func tensor(_ name: String, shape: [Int]) -> Tensor {
        adopt(stored(name, shape: shape, as: type), as: name, learns: trainability == .full)
    }

    /// The weight of a small head: kept in fp32, and trained even beside adapters.
    func head(_ name: String, shape: [Int]) -> Tensor {
        adoptHead(stored(name, shape: shape, as: .float32), as: name)
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
        let unused = source.names.subtracting(parameters.map(\.name)).filter { !ignoring($0) }
        guard unused.isEmpty else { throw WeightError.unused(Array(unused), where: place) }
    }

    private func stored(_ name: String, shape: [Int], as type: ScalarType) -> Tensor {
        guard source.names.contains(name) else {
            missing.append(name)
            return .zeros(shape)
        }
        do {
            let found = source.shape(of: name)
            guard found == shape else {
                throw WeightError.wrongShape(name, expected: shape, found: found, where: place)
            }
            return try source.tensor(name, as: type, on: device)
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

    func norm(_ name: String, size: Int, epsilon: Double) -> RMSNorm {
        RMSNorm(weight: tensor("\(name).weight", shape: [size]), epsilon: epsilon)
    }

    private func path(_ name: String) -> String { prefix.isEmpty ? name : "\(prefix).\(name)" }
}
