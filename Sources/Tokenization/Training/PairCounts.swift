/// How often each pair of neighbouring tokens occurs. A pair has a number, in the order in which it was met.
struct PairCounts {
    /// A pair in one word: comparing two compares the left ids and then the right ones.
    typealias Pair = UInt64

    /// By number; below 0 where occurrences went that were never counted.
    private(set) var counts: [Int] = []
    private(set) var pairs: [Pair] = []
    /// Open addressing with linear probing: the number plus one; 0 is a free slot.
    private var slots: [UInt32]
    private var shift: UInt64

    init() {
        let bits = 16
        slots = Array(repeating: 0, count: 1 << bits)
        shift = UInt64(64 - bits)
    }

    @inline(__always)
    static func pair(_ left: UInt32, _ right: UInt32) -> Pair { Pair(left) << 32 | Pair(right) }

    /// - Returns: the pair's number.
    @inline(__always)
    mutating func add(_ pair: Pair, times count: Int) -> Int {
        var slot = slot(of: pair)
        if slots[slot] == 0 {
            if pairs.count * 2 >= slots.count {
                grow()
                slot = self.slot(of: pair)
            }
            pairs.append(pair)
            counts.append(0)
            slots[slot] = UInt32(pairs.count)
        }
        let number = Int(slots[slot]) - 1
        counts[number] += count
        return number
    }

    /// The slot of a pair, or the free slot where it would go.
    @inline(__always)
    private func slot(of pair: Pair) -> Int {
        var slot = Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while slots[slot] != 0, pairs[Int(slots[slot]) - 1] != pair { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        shift -= 1
        for (number, pair) in pairs.enumerated() { slots[slot(of: pair)] = UInt32(number + 1) }
    }
}
