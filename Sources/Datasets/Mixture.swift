import RandomNumbers

/// Rows of several data sets that lie one after the other, and how many of each an epoch takes.
///
/// Shares are of the epoch, not of the data sets, and no row comes twice in an epoch: it is as long as the data set that
/// is the first to be used up allows, as in TRL's `fraction`. Where a data set is not used up its next epoch continues with
/// the rows that have not been seen.
public struct Mixture: Codable, Hashable, Sendable {
    public struct Part: Codable, Hashable, Sendable {
        /// Rows that it has.
        public let rowCount: Int
        /// Rows of it in an epoch.
        public let rowsOfEpoch: Int
    }

    public let parts: [Part]

    /// All rows of one data set.
    public init(rowCount: Int) {
        parts = [Part(rowCount: rowCount, rowsOfEpoch: rowCount)]
    }

    /// - Parameters:
    ///   - rowCounts: rows of each data set.
    ///   - shares: of each, positive, whatever they add up to.
    public init(rowCounts: [Int], shares: [Double]) {
        precondition(
            rowCounts.count == shares.count && shares.allSatisfy { $0 > 0 },
            "shares \(shares) of \(rowCounts.count) data sets")
        let total = shares.reduce(0, +)
        let length = zip(rowCounts, shares).map { Double($0) / ($1 / total) }.min() ?? 0
        parts = zip(rowCounts, shares).map { count, share in
            Part(rowCount: count, rowsOfEpoch: min(count, Int((share / total * length).rounded())))
        }
    }

    public var rowsOfEpoch: Int { parts.reduce(0) { $0 + $1.rowsOfEpoch } }

    /// The rows of an epoch by their index among all, in the order in which they are learned.
    /// - Parameter seed: nil for the first rows of each data set, in their own order.
    func order(ofEpoch epoch: Int, seed: UInt64?) -> [Int] {
        var rows: [Int] = []
        var start = 0
        for (index, part) in parts.enumerated() {
            let chosen = seed.map { part.rows(ofEpoch: epoch, seed: $0, part: index) }
            rows += (chosen ?? Array(0..<part.rowsOfEpoch)).map { $0 + start }
            start += part.rowCount
        }
        guard let seed, parts.count > 1 else { return rows }
        return permutation(of: rows.count, seed: seed, index: epoch).map { rows[$0] }
    }
}

extension Mixture.Part {
    /// As many rows as an epoch has, of permutations of all rows that follow each other without end.
    fileprivate func rows(ofEpoch epoch: Int, seed: UInt64, part: Int) -> [Int] {
        var rows: [Int] = []
        var position = epoch * rowsOfEpoch
        while rows.count < rowsOfEpoch {
            let round = permutation(
                of: rowCount, seed: part == 0 ? seed : SplitMix64.mixed(seed &+ UInt64(part)),
                index: position / rowCount)
            let rest = round[(position % rowCount)...].prefix(rowsOfEpoch - rows.count)
            rows += rest
            position += rest.count
        }
        return rows
    }
}

/// SplitMix64's Fisher–Yates permutation, one for every seed and index.
private func permutation(of count: Int, seed: UInt64, index: Int) -> [Int] {
    // Mixed before they meet, or the streams of neighbouring indices would be shifted copies of one another.
    var generator = SplitMix64(seed: SplitMix64.mixed(seed) ^ SplitMix64.mixed(~UInt64(index)))
    return generator.permutation(of: count)
}
