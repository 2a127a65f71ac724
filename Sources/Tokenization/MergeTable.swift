/// The token that two neighbours become, and how early that merge was learned: lower ranks go first.
struct Merge: Sendable {
    let rank: UInt32
    let result: UInt32

    static let none = Merge(rank: .max, result: .max)
}

/// The merges of a byte-pair encoding, by the ids of the two neighbours.
struct MergeTable: Sendable {
    /// Open addressing with linear probing; no pair of ids reaches the mark of a free slot.
    private var pairs: [UInt64]
    private var merges: [Merge]
    private let shift: UInt64
    private static let free = UInt64.max

    /// - Parameter merges: in order of rank; of equal pairs the last one counts.
    init(_ merges: [(left: UInt32, right: UInt32, result: UInt32)]) {
        var bits = 4
        while 1 << bits < merges.count * 2 { bits += 1 }
        shift = UInt64(64 - bits)
        pairs = Array(repeating: Self.free, count: 1 << bits)
        self.merges = Array(repeating: .none, count: 1 << bits)
        for (rank, merge) in merges.enumerated() {
            let slot = slot(of: Self.pair(merge.left, merge.right))
            pairs[slot] = Self.pair(merge.left, merge.right)
            self.merges[slot] = Merge(rank: UInt32(rank), result: merge.result)
        }
    }

    @inline(__always)
    func merge(of left: UInt32, and right: UInt32) -> Merge {
        merges[slot(of: Self.pair(left, right))]
    }

    @inline(__always)
    private static func pair(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

    /// The slot of a pair, or the free slot where it would go.
    @inline(__always)
    private func slot(of pair: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while pairs[slot] != pair, pairs[slot] != Self.free { slot = (slot + 1) & (pairs.count - 1) }
        return slot
    }
}
