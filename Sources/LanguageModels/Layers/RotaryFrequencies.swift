import Checkpoints
import Foundation

/// Radians per position of each pair of dimensions, θ^(−2i/D), stretched as the configuration asks.
struct RotaryFrequencies {
    private let theta: Double
    private let scaling: RopeScaling?
    /// The dimensions of a head that rotate.
    private let size: Int
    /// Positions that the model has.
    let positions: Int

    init(_ configuration: ModelConfiguration) {
        self.init(configuration, theta: configuration.ropeTheta, scaling: configuration.ropeScaling)
    }

    init(_ configuration: ModelConfiguration, theta: Double, scaling: RopeScaling?) {
        self.theta = theta
        self.scaling = scaling
        size = configuration.rotarySize
        positions = configuration.maximumPositions
    }

    var dependsOnLength: Bool { scaling?.dependsOnLength ?? false }

    /// What cosine and sine are multiplied by.
    var factor: Double {
        switch scaling {
        case .yarn(let yarn): yarn.attentionFactor ?? RopeScaling.Yarn.attentionFactor(of: yarn.factor)
        case .longrope(let rope): rope.attentionFactor ?? Self.attentionFactor(of: rope)
        default: 1
        }
    }

    /// The paper's √(1 + ln s / ln L).
    private static func attentionFactor(of rope: RopeScaling.LongRope) -> Double {
        guard rope.factor > 1 else { return 1 }
        return (1 + log(rope.factor) / log(Double(rope.originalMaximumPositions))).squareRoot()
    }

    func regime(length: Int) -> Int {
        switch scaling {
        case .dynamic: max(length, positions)
        case .longrope(let rope): length > rope.originalMaximumPositions ? 1 : 0
        default: 0
        }
    }

    /// Of a sequence of so many tokens, [D/2].
    func values(length: Int) -> [Float] {
        switch scaling {
        case nil: return unscaled(theta: theta)
        case .linear(let factor): return unscaled(theta: theta).map { $0 / Float(factor) }
        case .dynamic(let factor):
            let excess = factor * Double(max(length, positions)) / Double(positions) - (factor - 1)
            return unscaled(theta: theta * pow(excess, Double(size) / Double(size - 2)))
        case .llama3(let factor, let low, let high, let original):
            return unscaled(theta: theta).map { frequency in
                // Wavelengths are counted in how often they fit into the original context.
                let turns = Float(original) * frequency / (2 * .pi)
                let blend = ((turns - Float(low)) / Float(high - low)).clamped01
                return frequency * (blend + (1 - blend) / Float(factor))
            }
        case .yarn(let yarn): return stretched(by: yarn)
        case .longrope(let rope):
            let divisors = length > rope.originalMaximumPositions ? rope.long : rope.short
            return zip(divisors, periods(theta: theta)).map { 1 / (Float($0) * $1) }
        }
    }

    /// θ^(2i/D).
    private func periods(theta: Double) -> [Float] {
        (0..<size / 2).map { pow(Float(theta), Float(2 * $0) / Float(size)) }
    }

    private func unscaled(theta: Double) -> [Float] { periods(theta: theta).map { 1 / $0 } }

    private func stretched(by yarn: RopeScaling.Yarn) -> [Float] {
        /// The dimension that turns so often within the original positions.
        func dimension(turning turns: Double) -> Double {
            Double(size) * log(Double(yarn.originalMaximumPositions) / (turns * 2 * .pi)) / (2 * log(theta))
        }
        var (first, last) = (dimension(turning: yarn.fastTurns), dimension(turning: yarn.slowTurns))
        if yarn.rounds { (first, last) = (first.rounded(.down), last.rounded(.up)) }
        (first, last) = (max(first, 0), min(last, Double(size - 1)))
        if first == last { last += 0.001 }
        return periods(theta: theta).enumerated().map { pair, period in
            let stretch = Float((Double(pair) - first) / (last - first)).clamped01
            return stretch / (Float(yarn.factor) * period) + (1 - stretch) / period
        }
    }
}

extension Float {
    fileprivate var clamped01: Float { Swift.min(Swift.max(self, 0), 1) }
}
