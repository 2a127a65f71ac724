import Foundation
import RandomNumbers
import Testing
import Torch

@testable import Methods

/// Fits parameters to simulated judgments through a loss of ours, by Newton's method on its gradients, and compares them with
/// those that the simulation drew from.
///
/// The tolerance is four standard errors, which follow from the curvature at the optimum (the observed information, Efron and
/// Hinkley 1978): a right estimate leaves it about once in 16,000 times, and the seed is fixed.
struct MaximumLikelihood {
    let names: [String]
    let truth: [Double]
    /// −log of the likelihood of all judgments, a scalar, for parameters [p].
    let loss: (Tensor) -> Tensor

    /// - Parameter precision: the largest standard error with which the test still says something.
    func check(
        _ what: String, precision: Double = 0.25, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var point = [Double](repeating: 0, count: truth.count)
        for _ in 0..<40 {
            let step = try #require(solve(curvature(at: point), gradient(at: point)))
            let length = step.map(abs).max() ?? 0
            point = zip(point, step).map { $0 - $1 * min(1, 1 / max(length, 1e-12)) }
            if length < 1e-4 { break }
        }
        let information = curvature(at: point)
        for index in truth.indices {
            let unit = truth.indices.map { $0 == index ? 1.0 : 0 }
            let error = try #require(solve(information, unit))[index].squareRoot()
            print(
                "\(what): \(names[index]) recovered \(String(format: "%.3f ± %.3f", point[index], error)), "
                    + "true \(String(format: "%.3f", truth[index]))")
            #expect(error < precision, "\(names[index]) is not told apart", sourceLocation: sourceLocation)
            #expect(
                abs(point[index] - truth[index]) < 4 * error, "\(names[index])",
                sourceLocation: sourceLocation)
        }
    }

    private func gradient(at point: [Double]) -> [Double] {
        let parameters = Tensor(point.map { Float($0) })
        parameters.requiresGradient = true
        loss(parameters).backward()
        return parameters.gradient?.doubles() ?? []
    }

    /// The second derivatives, from differences of gradients.
    private func curvature(at point: [Double]) -> [[Double]] {
        let step = 0.02
        return point.indices.map { index in
            let gradients = [step, -step].map { change in
                gradient(at: point.indices.map { point[$0] + ($0 == index ? change : 0) })
            }
            return zip(gradients[0], gradients[1]).map { ($0 - $1) / (2 * step) }
        }
    }

    /// `matrix⁻¹ · vector` by elimination; nil for a singular matrix.
    private func solve(_ matrix: [[Double]], _ vector: [Double]) -> [Double]? {
        var rows = zip(matrix, vector).map { $0 + [$1] }
        for column in vector.indices {
            guard
                let pivot = (column..<rows.count).max(by: { abs(rows[$0][column]) < abs(rows[$1][column]) }),
                abs(rows[pivot][column]) > 1e-9
            else { return nil }
            rows.swapAt(column, pivot)
            for row in rows.indices where row != column {
                let factor = rows[row][column] / rows[column][column]
                for entry in column...vector.count { rows[row][entry] -= factor * rows[column][entry] }
            }
        }
        return vector.indices.map { rows[$0][vector.count] / rows[$0][$0] }
    }
}

/// People who judge by known strengths.
struct SimulatedPeople {
    private var random: RandomSource

    init(seed: UInt64) { random = RandomSource(seed: seed) }

    mutating func uniform() -> Double { random.uniform() }
    mutating func index(below count: Int) -> Int { random.integer(below: count) }

    /// A draw of the standard logistic distribution: the noise by which one answer is felt better than it is.
    mutating func logistic() -> Double {
        let share = max(random.uniform(), 1e-12)
        return log(share / (1 - share))
    }

    /// A position drawn in proportion to the weights.
    mutating func draw(_ weights: [Double]) -> Int {
        var left = random.uniform() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            left -= weight
            if left < 0 { return index }
        }
        return weights.count - 1
    }
}
