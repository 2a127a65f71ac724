/// How often two values were given to the same unit by different raters: what percentage agreement, Fleiss' κ and
/// Krippendorff's α are made of (Krippendorff, *Computing Krippendorff's Alpha-Reliability*, 2011, step 2).
///
/// A unit is anything that several raters gave a value to. Values are whole numbers: codes of categories, where only
/// equality counts, or places on a scale. With `m` values for a unit, each of its `m · (m − 1)` ordered pairs adds
/// `1 / (m − 1)`, so that every value counts once however many raters there were. Units with fewer than two values
/// say nothing about agreement and are left out.
public struct CoincidenceMatrix: Hashable, Sendable {
    /// The values that occur, in rising order: the meaning of rows and columns.
    public let values: [Int]
    /// `values.count` rows one after the other; symmetric.
    public private(set) var cells: [Double]
    private var fewestRatings = Int.max
    private var mostRatings = 0

    /// - Parameter units: for each unit, the values that it was given, in any order.
    public init(_ units: [[Int]]) {
        self.init(values: Set(units.lazy.filter { $0.count > 1 }.joined()).sorted())
        let places = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
        for unit in units { add(Contribution(of: unit, places: places)) }
    }

    init(values: [Int]) {
        self.values = values
        cells = [Double](repeating: 0, count: values.count * values.count)
    }

    /// How many values were compared with another.
    public var valueCount: Double { cells.reduce(0, +) }

    /// How often each value was given.
    public var marginals: [Double] {
        let width = values.count
        return (0..<width).map { row in cells[row * width..<(row + 1) * width].reduce(0, +) }
    }

    /// How many values each unit has, where all have the same number.
    public var ratingsPerUnit: Int? { fewestRatings == mostRatings ? mostRatings : nil }

    /// Percentage agreement: how probable it is that a value equals another one given to the same unit, not corrected
    /// for chance.
    ///
    /// - Returns: `nil` where no unit has two values.
    public var agreement: Double? {
        let total = valueCount
        guard total > 0 else { return nil }
        return agreeing / total
    }

    /// The sum of the diagonal.
    var agreeing: Double { values.indices.reduce(0) { $0 + cells[$1 * values.count + $1] } }

    mutating func add(_ contribution: Contribution, times: Double = 1) {
        for (cell, weight) in contribution.cells { cells[cell] += weight * times }
        fewestRatings = min(fewestRatings, contribution.fewestRatings)
        mostRatings = max(mostRatings, contribution.mostRatings)
    }
}

extension CoincidenceMatrix {
    /// What some units add to a matrix, with the cells that stay zero left out.
    struct Contribution: Sendable {
        private(set) var cells: [(cell: Int, weight: Double)] = []
        private(set) var fewestRatings = Int.max
        private(set) var mostRatings = 0

        /// - Parameter places: the row of every value.
        init(of unit: [Int], places: [Int: Int]) { self.init(of: [unit], places: places) }

        init(of units: [[Int]], places: [Int: Int]) {
            var weights: [Int: Double] = [:]
            for unit in units where unit.count > 1 {
                let rows = unit.compactMap { places[$0] }
                let weight = 1 / Double(unit.count - 1)
                for (first, row) in rows.enumerated() {
                    for (second, column) in rows.enumerated() where first != second {
                        weights[row * places.count + column, default: 0] += weight
                    }
                }
                fewestRatings = min(fewestRatings, unit.count)
                mostRatings = max(mostRatings, unit.count)
            }
            cells = weights.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }
}
