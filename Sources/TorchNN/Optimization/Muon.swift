import Torch

/// Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024), as `torch.optim.Muon` computes
/// it: momentum whose direction is made nearly orthogonal. With gradient g (already scaled), momentum m, rate η, decay λ:
///
///     m ← m + (1 − μ)(g − m)      u = g + μ (m − g) with Nesterov, else m
///     θ ← (1 − ηλ) θ − η r X      X: the nearest matrix to u with orthonormal rows or columns, by Newton–Schulz
///
/// Parameters are matrices in fp32.
public final class Muon {
    /// r, by which steps of matrices of different shapes become comparable; rows and columns are those of the matrix.
    public enum Adjustment: String, Codable, Sendable, CaseIterable {
        /// √max(1, rows ÷ columns)
        case original
        /// 0.2 √max(rows, columns): a step is as large as AdamW's, so that both can have one learning rate.
        case matchAdamW = "match_rms_adamw"
        /// √(rows ÷ columns)
        case spectralUnclamped = "spectral_unclamped"

        func factor(rows: Int, columns: Int) -> Double {
            switch self {
            case .original: max(1, Double(rows) / Double(columns)).squareRoot()
            case .matchAdamW: 0.2 * Double(max(rows, columns)).squareRoot()
            case .spectralUnclamped: (Double(rows) / Double(columns)).squareRoot()
            }
        }
    }

    public struct Configuration: Sendable, Equatable {
        /// η at its peak.
        public var learningRate = 0.02
        /// λ
        public var weightDecay = 0.1
        /// μ
        public var momentum = 0.95
        public var usesNesterov = true
        /// a, b and c of an iteration.
        public var coefficients = [3.4445, -4.775, 2.0315]
        public var iterations = 5
        /// The least norm that a matrix is divided by.
        public var epsilon = 1e-7
        public var adjustment = Adjustment.original
        /// Whether the iterations round to bf16 after each of their formulas, as torch does.
        public var roundsToBFloat16 = true

        public init() {}
    }

    public let configuration: Configuration
    private let entries: [(name: String, parameter: Tensor, momentum: Tensor)]

    /// - Parameter parameters: matrices, each once.
    public init(
        _ parameters: [(name: String, tensor: Tensor)], configuration: Configuration = Configuration()
    ) {
        precondition(configuration.coefficients.count == 3, "an iteration has three coefficients")
        self.configuration = configuration
        entries = parameters.map { name, tensor in
            precondition(tensor.rank == 2, "\(name) has shape \(tensor.shape): Muon is for matrices")
            return (name, tensor, .zeros(tensor.shape, type: tensor.type, on: tensor.device))
        }
    }

    var gradients: [NamedGradient] {
        entries.compactMap { entry in entry.parameter.gradient.map { (entry.name, $0) } }
    }

    var moments: [NamedMoment] { entries.map { ("\($0.name).momentum", $0.momentum) } }

    func clearGradients() { entries.forEach { $0.parameter.clearGradient() } }

    func update(learningRate: Double, gradientScale: Double) {
        withoutGradients {
            for (_, parameter, momentum) in entries {
                guard let gradient = parameter.gradient?.to(parameter.type) else { continue }
                step(parameter, gradient * gradientScale, momentum, learningRate: learningRate)
            }
        }
    }

    private func step(
        _ parameter: Tensor, _ gradient: Tensor, _ momentum: Tensor, learningRate: Double
    ) {
        momentum.add(inPlace: gradient - momentum, scale: 1 - configuration.momentum)
        let update =
            configuration.usesNesterov
            ? gradient + (momentum - gradient) * configuration.momentum : momentum
        let factor = configuration.adjustment.factor(rows: parameter.size(0), columns: parameter.size(1))
        let direction = configuration.orthogonalized(update)
        parameter.scale(inPlace: 1 - learningRate * configuration.weightDecay)
        parameter.add(inPlace: direction, scale: -learningRate * factor)
    }
}

extension Muon.Configuration {
    /// A matrix with its singular values near 1, by Newton–Schulz iterations: fp32 [M, N] → fp32 [M, N].
    func orthogonalized(_ update: Tensor) -> Tensor {
        let (a, b, c) = (coefficients[0], coefficients[1], coefficients[2])
        let isTall = update.size(0) > update.size(1)
        // The smaller side first, as its square is what is multiplied most.
        var matrix = rounded(isTall ? update.transposed(0, 1).contiguous() : update)
        let norm = matrix.squared().sum().squareRoot()
        matrix = rounded(matrix / rounded(.maximum(norm, epsilon)))
        for _ in 0..<iterations {
            let gram = rounded(matrix.matrixProduct(matrix.transposed(0, 1)))
            let polynomial = rounded(gram * b + gram.matrixProduct(gram) * c)
            matrix = rounded(matrix * a + polynomial.matrixProduct(matrix))
        }
        return isTall ? matrix.transposed(0, 1) : matrix
    }

    private func rounded(_ tensor: Tensor) -> Tensor {
        roundsToBFloat16 ? tensor.to(.bfloat16).to(.float32) : tensor
    }
}

/// Muon on some matrices and AdamW on all else, as one: one norm, one clipping, one state.
public final class MuonWithAdamW: Optimizer {
    private let muon: Muon
    private let adamW: AdamW

    public init(_ muon: Muon, _ adamW: AdamW) {
        self.muon = muon
        self.adamW = adamW
    }

    public func step(learningRate: Double, share: Double, maximumGradientNorm: Double?) throws -> Double {
        let norm = try (muon.gradients + adamW.gradients).globalNorm()
        let scale = clippingFactor(norm: norm, maximum: maximumGradientNorm)
        muon.update(learningRate: muon.configuration.learningRate * share, gradientScale: scale)
        adamW.update(learningRate: learningRate, gradientScale: scale)
        return norm
    }

    public func clearGradients() {
        muon.clearGradients()
        adamW.clearGradients()
    }

    public var state: OptimizerState {
        OptimizerState(stepCount: adamW.stepCount, muon.moments + adamW.moments)
    }

    public func restore(_ state: OptimizerState) throws {
        try state.write(to: muon.moments + adamW.moments)
        adamW.resume(after: state.stepCount)
    }
}
