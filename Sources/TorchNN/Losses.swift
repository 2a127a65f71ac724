import Torch

// Functions that several methods share. A mask has the shape of the values and holds Bool, or 0 and 1: true or 1 counts.
// What stands at positions that do not count, NaN included, changes neither values nor gradients.

/// The mean of the values that count; NaN when none does.
/// - Parameters:
///   - values: any shape.
///   - mask: the same shape.
/// - Returns: a scalar, differentiable.
public func maskedMean(_ values: Tensor, over mask: Tensor) -> Tensor {
    let mask = mask.to(.bool)
    return values.filled(where: !mask, with: 0).sum() / mask.sum()
}

/// The unbiased variance (Bessel's correction) of the values that count; NaN when fewer than two do.
/// - Returns: a scalar, differentiable.
public func maskedVariance(_ values: Tensor, over mask: Tensor) -> Tensor {
    let mask = mask.to(.bool)
    let deviations = (values - maskedMean(values, over: mask)).filled(where: !mask, with: 0)
    return deviations.squared().sum() / (mask.sum() - 1)
}

/// (values − μ) / √(σ² + 1e-8) with the masked mean and unbiased variance, and 0 where the mask does not count
/// (Huang et al. 2024, "The N+ Implementation Details of RLHF with PPO").
/// - Parameter shiftingMean: false adds μ back, so that only the scale changes: how rewards are whitened.
/// - Returns: the shape of `values`.
public func whitened(_ values: Tensor, over mask: Tensor, shiftingMean: Bool = true) -> Tensor {
    let mask = mask.to(.bool)
    let mean = maskedMean(values, over: mask)
    let scaled = (values - mean) * (maskedVariance(values, over: mask) + 1e-8).reciprocalSquareRoot()
    return (shiftingMean ? scaled : scaled + mean).filled(where: !mask, with: 0)
}
