// Marks on a scale as ordered outcomes, never as numbers: the cumulative logit model (McCullagh, "Regression Models for
// Ordinal Data", 1980, §2).
//
//     P(level > k) = σ(s − τ_k)        τ_1 < τ_2 < … < τ_{L−1}
//
// so that the steps of a scale may differ in size: what it takes to come from 4 to 5 need not be what it takes from 1 to 2.
// The thresholds are learned, for each scale its own; they stay ordered because the gaps between them are exponentials.
import Torch

public enum RatingLikelihood {
    /// −log P of each level, [N].
    ///
    /// By σ(a) − σ(b) = σ(a)·σ(−b)·(1 − e^{b−a}) nothing is ever the difference of two numbers close to each other.
    /// - Parameters:
    ///   - scores: [N].
    ///   - thresholds: in rising order along each row, [N, L − 1].
    ///   - levels: 0 for the lowest … L − 1 for the highest, N of them.
    public static func losses(scores: Tensor, thresholds: Tensor, levels: [Int]) -> Tensor {
        let count = thresholds.size(1)
        let distances = scores.unsqueezed(1) - thresholds
        let above = marks(levels, width: count, on: scores.device) { $0 - 1 }
        let below = marks(levels, width: count, on: scores.device) { $0 }
        let ends = (above * distances.logSigmoid() + below * (-distances).logSigmoid()).sum(along: 1)
        guard count > 1 else { return -ends }
        let gaps = thresholds.narrowed(1, 1..<count) - thresholds.narrowed(1, 0..<count - 1)
        let inner = marks(levels, width: count - 1, on: scores.device) { $0 - 1 }
        return -ends - (inner * (-(-gaps).expm1()).log()).sum(along: 1)
    }

    /// Thresholds from the lowest one [A, 1] and the logarithms of the gaps after it [A, L − 2]: [A, L − 1].
    public static func thresholds(lowest: Tensor, logGaps: Tensor) -> Tensor {
        Tensor.concatenated([lowest, logGaps.exp()], along: 1).cumulativeSum(along: 1)
    }

    /// [N, width] with a one in each row at the column that its level is at, none where there is no such column.
    private static func marks(
        _ levels: [Int], width: Int, on device: Device, column: (Int) -> Int
    ) -> Tensor {
        var marks = [Float](repeating: 0, count: levels.count * width)
        for (row, level) in levels.enumerated() where (0..<width).contains(column(level)) {
            marks[row * width + column(level)] = 1
        }
        return Tensor(marks, shape: [levels.count, width], on: device)
    }
}
