import Foundation

/// How the learning rate moves over a run: up during warm-up, then along a curve. Formulas and defaults are those of
/// transformers (`optimization.py`), whose names `Curve.init(named:)` reads.
public struct LearningRateSchedule: Codable, Sendable, Equatable {
    /// What follows the warm-up.
    public enum Curve: Codable, Sendable, Equatable {
        /// The base rate from the first step on: this curve alone has no warm-up.
        case constant
        case constantWithWarmup
        /// Straight to 0 at the last step.
        case linear
        /// Along `cycles` periods of a cosine; half a period ends at 0.
        case cosine(cycles: Double = 0.5)
        /// Half a cosine down to 0, as often as `cycles` says, each from the base rate.
        case cosineWithRestarts(cycles: Int = 1)
        /// As `cosine`, with `minimum` times the base rate in place of 0.
        case cosineWithMinimum(_ minimum: Double, cycles: Double = 0.5)
        /// (1 − progress)^power, down to the rate `end`.
        case polynomial(power: Double = 1, end: Double = 1e-7)
        /// 1 / √(step / warm-up steps); without warm-up the time scale is 10 000 steps.
        case inverseSquareRoot
        /// The base rate until `decaySteps` before the end, then down to `minimum` times it, which the warm-up begins at too.
        case warmupStableDecay(
            decaySteps: Int, decay: Slope = .cosine, minimum: Double = 0, warmup: Slope = .linear)
    }

    /// How a rate comes down from 1 to 0; a warm-up is the same backwards.
    public enum Slope: String, Codable, Sendable, CaseIterable {
        case linear, cosine
        /// 1 − √progress: fast at first.
        case oneMinusRoot = "1-sqrt"

        /// - Parameter progress: from 0 to 1.
        func height(at progress: Double) -> Double {
            switch self {
            case .linear: 1 - progress
            case .cosine: 0.5 * (1 + cos(.pi * progress))
            case .oneMinusRoot: 1 - progress.squareRoot()
            }
        }
    }

    public var curve: Curve
    /// The rate at the top.
    public var base: Double
    public var warmupSteps: Int
    /// Steps of the whole run, warm-up included.
    public var totalSteps: Int

    public init(_ curve: Curve, base: Double, warmupSteps: Int = 0, totalSteps: Int) {
        self.curve = curve
        self.base = base
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
    }

    /// The rate that the update of `step`, counted from 0, uses.
    public func rate(at step: Int) -> Double { base * share(at: step) }

    /// The same as a share of the base rate.
    public func share(at step: Int) -> Double {
        if curve == .constant { return 1 }
        if case .warmupStableDecay(let decaySteps, let decay, let minimum, let warmup) = curve {
            let left = Double(warmupSteps - step) / Double(max(1, warmupSteps))
            let progress = Double(step - totalSteps + decaySteps) / Double(max(1, decaySteps))
            let height = left > 0 ? warmup.height(at: left) : decay.height(at: min(1, max(0, progress)))
            return minimum + (1 - minimum) * height
        }
        if step < warmupSteps { return Double(step) / Double(max(1, warmupSteps)) }
        let progress = Double(step - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
        switch curve {
        case .constant, .constantWithWarmup, .warmupStableDecay: return 1
        case .linear: return max(0, 1 - progress)
        case .cosine(let cycles): return max(0, wave(2 * cycles * progress))
        case .cosineWithRestarts(let cycles):
            return progress >= 1 ? 0 : wave((Double(cycles) * progress).truncatingRemainder(dividingBy: 1))
        case .cosineWithMinimum(let minimum, let cycles):
            return minimum + (1 - minimum) * wave(2 * cycles * progress)
        case .polynomial(let power, let end):
            return (end + (base - end) * pow(max(0, 1 - progress), power)) / base
        case .inverseSquareRoot:
            let scale = warmupSteps > 0 ? warmupSteps : 10_000
            return 1 / (Double(step + scale - warmupSteps) / Double(scale)).squareRoot()
        }
    }

    /// A cosine from 1 at 0 to 0 at 1.
    private func wave(_ x: Double) -> Double { 0.5 * (1 + cos(.pi * x)) }
}

extension LearningRateSchedule.Curve {
    /// The curves by the names that transformers gives them, with their default shapes.
    public static let named: [String: Self] = [
        "constant": .constant, "constant_with_warmup": .constantWithWarmup, "linear": .linear,
        "cosine": .cosine(),
        "cosine_with_restarts": .cosineWithRestarts(), "polynomial": .polynomial(),
        "inverse_sqrt": .inverseSquareRoot,
    ]
}
