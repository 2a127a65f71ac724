/// Applies the merges to one word after another: always the merge of lowest rank, of equal ones the leftmost, until
/// none applies. Keeps its buffers from word to word.
struct WordMerger: Sendable {
    /// Up to this many symbols it is faster to search the best merge than to keep a heap.
    static let longestSearched = 48

    /// The bytes' tokens before, the word's tokens after merging.
    var symbols: [UInt32] = []
    /// The merge of each symbol with the one to its right.
    private var candidates: [Merge] = []
    private var left: [Int32] = []
    private var right: [Int32] = []
    private var queue = RankQueue()

    mutating func merge(by table: MergeTable) {
        guard symbols.count > 1 else { return }
        if symbols.count <= Self.longestSearched { mergeBySearch(table) } else { mergeByQueue(table) }
    }

    private mutating func fillCandidates(_ table: MergeTable) {
        candidates.removeAll(keepingCapacity: true)
        for index in 1..<symbols.count {
            candidates.append(table.merge(of: symbols[index - 1], and: symbols[index]))
        }
        candidates.append(.none)
    }

    /// Quadratic in the length, without any structure to maintain.
    mutating func mergeBySearch(_ table: MergeTable) {
        fillCandidates(table)
        while true {
            var best = 0
            for index in 1..<candidates.count where candidates[index].rank < candidates[best].rank {
                best = index
            }
            guard candidates[best].rank != Merge.none.rank else { return }
            symbols[best] = candidates[best].result
            for index in best + 1..<symbols.count - 1 {
                symbols[index] = symbols[index + 1]
                candidates[index] = candidates[index + 1]
            }
            symbols.removeLast()
            candidates.removeLast()
            candidates[best] =
                best + 1 < symbols.count ? table.merge(of: symbols[best], and: symbols[best + 1]) : .none
            if best > 0 { candidates[best - 1] = table.merge(of: symbols[best - 1], and: symbols[best]) }
        }
    }

    /// n log n: a linked list of symbols, and a queue in which outdated entries are recognised when they come up.
    mutating func mergeByQueue(_ table: MergeTable) {
        fillCandidates(table)
        let count = symbols.count
        left = Array(-1..<Int32(count) - 1)
        right = Array(1..<Int32(count) + 1)
        queue.removeAll()
        for index in 0..<count { propose(index) }
        while let (rank, index) = queue.popLowest() {
            guard candidates[index].rank == rank else { continue }
            let absorbed = Int(right[index])
            symbols[index] = candidates[index].result
            candidates[absorbed] = .none
            symbols[absorbed] = Self.removed
            right[index] = right[absorbed]
            let next = Int(right[index])
            if next < count { left[next] = Int32(index) }
            candidates[index] = next < count ? table.merge(of: symbols[index], and: symbols[next]) : .none
            propose(index)
            let previous = Int(left[index])
            if previous >= 0 {
                candidates[previous] = table.merge(of: symbols[previous], and: symbols[index])
                propose(previous)
            }
        }
        symbols.removeAll { $0 == Self.removed }
    }

    private static let removed = UInt32.max

    private mutating func propose(_ index: Int) {
        if candidates[index].rank != Merge.none.rank {
            queue.insert(rank: candidates[index].rank, index: index)
        }
    }
}

/// A binary heap of (rank, index), lowest rank first, of equal ranks the lowest index.
private struct RankQueue: Sendable {
    private var heap: [UInt64] = []

    mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

    mutating func insert(rank: UInt32, index: Int) {
        heap.append(UInt64(rank) << 32 | UInt64(index))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popLowest() -> (rank: UInt32, index: Int)? {
        guard let lowest = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (UInt32(lowest >> 32), Int(lowest & 0xFFFF_FFFF))
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
