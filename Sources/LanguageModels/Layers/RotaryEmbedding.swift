import Checkpoints
import Foundation
import Torch

/// Rotary position embedding (Su et al., "RoFormer", 2021, equation 15) in the Hugging Face layout: element i of a head
/// turns together with element i + D/2.
final class RotaryEmbedding {
    /// Of every position, [P, D/2], fp32.
    let cosine: Tensor
    let sine: Tensor

    /// Tables for every position the model has.
    init(_ configuration: ModelConfiguration, device: Device) {
        let frequencies = Self.frequencies(configuration)
        let positions = Tensor.range(0..<configuration.maximumPositions, type: .float32)
        let angles = positions.unsqueezed(1) * Tensor(frequencies).unsqueezed(0)
        cosine = angles.cosine().to(on: device)
        sine = angles.sine().to(on: device)
    }

    /// The angles of `positions` [N], each [N, D/2] in fp32.
    func angles(at positions: Tensor) -> (cosine: Tensor, sine: Tensor) {
        (cosine.selecting(positions), sine.selecting(positions))
    }

    /// Radians per position of each pair, θ^(−2i/D), stretched as the configuration asks; [D/2].
    private static func frequencies(_ configuration: ModelConfiguration) -> [Float] {
        let size = configuration.headSize
        return (0..<size / 2).map { pair in
            let frequency = 1 / Float(pow(Float(configuration.ropeTheta), Float(2 * pair) / Float(size)))
            return configuration.ropeScaling?.scaled(frequency) ?? frequency
        }
    }
}

extension RopeScaling {
    fileprivate func scaled(_ frequency: Float) -> Float {
        switch self {
        case .linear(let factor):
            return frequency / Float(factor)
        case .llama3(let factor, let low, let high, let original):
            // Wavelengths are counted in how often they fit into the original context.
            let turns = Float(original) * frequency / (2 * .pi)
            let blend = (turns - Float(low)) / Float(high - low)
            return frequency * (blend.clamped01 + (1 - blend.clamped01) / Float(factor))
        }
    }
}

extension Float {
    fileprivate var clamped01: Float { Swift.min(Swift.max(self, 0), 1) }
}
