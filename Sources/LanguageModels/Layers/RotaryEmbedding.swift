import Checkpoints
import Foundation
import Torch

/// Cosine and sine of the angles of some rows, [N, D/2] each, fp32.
struct RotaryAngles {
    let cosine: Tensor
    let sine: Tensor

    /// Heads [N, heads, D], turned.
    func turning(_ heads: Tensor) -> Tensor { heads.rotated(cosine: cosine, sine: sine) }
}

/// Rows of sequences: where each is, and how long the whole sequence is that it belongs to.
struct RowPositions {
    let positions: [Int]
    /// Of each run of consecutive rows.
    let runs: [(count: Int, sequenceLength: Int)]
}

/// Rotary position embedding (Su et al., "RoFormer", 2021, equation 15) in the Hugging Face layout: element i of a head turns
/// together with element i + D/2.
final class RotaryEmbedding {
    private let frequencies: RotaryFrequencies
    private let device: Device
    /// Of every position the model has, [P, D/2], where they are the same in every sequence.
    let table: RotaryAngles?

    init(_ frequencies: RotaryFrequencies, device: Device) {
        self.frequencies = frequencies
        self.device = device
        table =
            frequencies.dependsOnLength
            ? nil
            : Self.angles(
                at: 0..<frequencies.positions, frequencies.values(length: 0), factor: frequencies.factor,
                device: device)
    }

    func angles(at rows: RowPositions) -> RotaryAngles {
        if let table {
            let positions = Tensor(rows.positions, on: device)
            return RotaryAngles(
                cosine: table.cosine.selecting(positions), sine: table.sine.selecting(positions))
        }
        var start = 0
        let parts = rows.runs.filter { $0.count > 0 }.map { run in
            defer { start += run.count }
            let first = rows.positions[start]
            return Self.angles(
                at: first..<first + run.count, frequencies.values(length: run.sequenceLength),
                factor: frequencies.factor, device: device)
        }
        return RotaryAngles(
            cosine: .concatenated(parts.map(\.cosine)), sine: .concatenated(parts.map(\.sine)))
    }

    /// What frequencies a sequence of that length has, as a number that is the same for the same ones.
    func regime(length: Int) -> Int { frequencies.regime(length: length) }

    private static func angles(
        at positions: Range<Int>, _ frequencies: [Float], factor: Double, device: Device
    ) -> RotaryAngles {
        let angles =
            Tensor.range(positions, type: .float32).unsqueezed(1) * Tensor(frequencies).unsqueezed(0)
        func scaled(_ values: Tensor) -> Tensor { (factor == 1 ? values : values * factor).to(on: device) }
        return RotaryAngles(cosine: scaled(angles.cosine()), sine: scaled(angles.sine()))
    }
}
