import Foundation

/// A small scaling law, L = E + A / N^α + B / D^β, with the exponents that Hoffmann et al. found ("Training Compute-Optimal
/// Large Language Models", 2022, equation 10), fitted to short runs.
///
/// N are weights, D tokens, L nats per token. Text that is seen again is worth less than new text, as Muennighoff et al.
/// measured ("Scaling Data-Constrained Language Models", 2023, equation 5).
struct ScalingFit: Codable, Equatable {
    struct Point: Codable, Equatable {
        let weights: Double
        let tokens: Double
        let loss: Double
    }

    let floor: Double
    let ofWeights: Double
    let ofTokens: Double

    private static let (alpha, beta) = (0.34, 0.28)
    /// R*: repetitions after which most of their worth is gone.
    private static let halfLife = 15.39

    /// The least squares among those without a negative term.
    /// - Returns: nil without a point.
    init?(_ points: [Point]) {
        guard !points.isEmpty else { return nil }
        let rows = points.map { [1, pow($0.weights, -Self.alpha), pow($0.tokens, -Self.beta)] }
        let losses = points.map(\.loss)
        var best: (error: Double, terms: [Double])?
        // Which terms there are: the constraint holds where each of them comes out positive.
        for used in (1..<8).map({ set in (0..<3).filter { set >> $0 & 1 == 1 } }) {
            guard let solution = Self.leastSquares(rows.map { row in used.map { row[$0] } }, losses),
                solution.allSatisfy({ $0 >= 0 })
            else { continue }
            var terms = [0.0, 0, 0]
            for (index, value) in zip(used, solution) { terms[index] = value }
            let error = zip(rows, losses).reduce(0) { sum, pair in
                sum + pow(zip(pair.0, terms).reduce(0) { $0 + $1.0 * $1.1 } - pair.1, 2)
            }
            if error < best?.error ?? .infinity { best = (error, terms) }
        }
        guard let best else { return nil }
        (floor, ofWeights, ofTokens) = (best.terms[0], best.terms[1], best.terms[2])
    }

    /// The loss of a model of so many weights after so many tokens.
    /// - Parameter text: tokens of the text, which is seen again and again.
    func loss(weights: Double, tokens: Double, of text: Double) -> Double {
        floor + ofWeights * pow(weights, -Self.alpha)
            + ofTokens * pow(Self.worth(of: tokens, text: text), -Self.beta)
    }

    /// As how many new tokens tokens count that come again and again from a text.
    static func worth(of tokens: Double, text: Double) -> Double {
        guard tokens > text else { return tokens }
        return text * (1 + halfLife * (1 - exp((1 - tokens / text) / halfLife)))
    }

    /// By the normal equations; nil where they have no single solution.
    private static func leastSquares(_ rows: [[Double]], _ values: [Double]) -> [Double]? {
        let count = rows[0].count
        // Columns of very different sizes are brought to one.
        let sizes = (0..<count).map { column in rows.reduce(0) { $0 + $1[column] * $1[column] }.squareRoot() }
        guard sizes.allSatisfy({ $0 > 0 }) else { return nil }
        var system = (0..<count).map { i in
            (0..<count).map { j in rows.reduce(0) { $0 + $1[i] * $1[j] } / sizes[i] / sizes[j] }
                + [zip(rows, values).reduce(0) { $0 + $1.0[i] * $1.1 } / sizes[i]]
        }
        for pivot in 0..<count {
            guard let row = (pivot..<count).max(by: { abs(system[$0][pivot]) < abs(system[$1][pivot]) }),
                abs(system[row][pivot]) > 1e-10
            else { return nil }
            system.swapAt(pivot, row)
            for other in 0..<count where other != pivot {
                let factor = system[other][pivot] / system[pivot][pivot]
                for column in pivot...count { system[other][column] -= factor * system[pivot][column] }
            }
        }
        return (0..<count).map { system[$0][count] / system[$0][$0] / sizes[$0] }
    }
}
