/// A small matrix of doubles.
struct SquareMatrix: Hashable, Sendable {
    let size: Int
    private var elements: [Double]

    init(size: Int) {
        self.size = size
        elements = [Double](repeating: 0, count: size * size)
    }

    subscript(row: Int, column: Int) -> Double {
        get { elements[row * size + column] }
        set { elements[row * size + column] = newValue }
    }

    /// Adds `weight · d dᵀ`, where `d` is 1 at `first` and −1 at `second`.
    mutating func addPair(_ first: Int, _ second: Int, weight: Double) {
        self[first, first] += weight
        self[second, second] += weight
        self[first, second] -= weight
        self[second, first] -= weight
    }

    /// With `1 / size` added everywhere: a matrix whose rows add up to zero becomes one that can be
    /// inverted, and solutions whose right side adds up to zero stay what they were.
    func pinned() -> SquareMatrix {
        var pinned = self
        for index in elements.indices { pinned.elements[index] += 1 / Double(size) }
        return pinned
    }

    /// The solution of `self · x = right` for a symmetric, positive definite matrix, by Cholesky's decomposition.
    ///
    /// - Returns: `nil` where the matrix is not positive definite.
    func solve(_ right: [Double]) -> [Double]? {
        cholesky().map { $0.substituted(right) }
    }

    /// The inverse of a symmetric, positive definite matrix.
    func inverse() -> SquareMatrix? {
        guard let root = cholesky() else { return nil }
        var inverse = SquareMatrix(size: size)
        for column in 0..<size {
            let unit = (0..<size).map { $0 == column ? 1.0 : 0 }
            for (row, value) in root.substituted(unit).enumerated() { inverse[row, column] = value }
        }
        return inverse
    }

    /// The lower triangle whose product with its transpose is this matrix.
    private func cholesky() -> SquareMatrix? {
        var root = SquareMatrix(size: size)
        for row in 0..<size {
            for column in 0...row {
                var rest = self[row, column]
                for inner in 0..<column { rest -= root[row, inner] * root[column, inner] }
                if row == column {
                    guard rest > 0, rest.isFinite else { return nil }
                    root[row, row] = rest.squareRoot()
                } else {
                    root[row, column] = rest / root[column, column]
                }
            }
        }
        return root
    }

    /// Solves with a lower triangle and its transpose.
    private func substituted(_ right: [Double]) -> [Double] {
        var solution = right
        for row in 0..<size {
            for inner in 0..<row { solution[row] -= self[row, inner] * solution[inner] }
            solution[row] /= self[row, row]
        }
        for row in (0..<size).reversed() {
            for inner in row + 1..<size { solution[row] -= self[inner, row] * solution[inner] }
            solution[row] /= self[row, row]
        }
        return solution
    }
}
