/// A pair that could be merged next, and in which words.
struct MergeCandidate {
    let pair: PairCounts.Pair
    let pairNumber: Int
    /// As it was when the pair came into the queue; it may be fewer by now.
    var count: Int
    /// The words' numbers, by the number of their list.
    let wordList: Int

    /// The more frequent pair goes first; of equally frequent ones that with the smaller left id, then with the smaller right
    /// id.
    @inline(__always)
    func precedes(_ other: MergeCandidate) -> Bool {
        count != other.count ? count > other.count : pair < other.pair
    }
}

/// Candidates, the first one on top: a binary heap.
struct MergeQueue {
    private var heap: [MergeCandidate] = []

    mutating func push(_ candidate: MergeCandidate) {
        heap.append(candidate)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard candidate.precedes(heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = candidate
    }

    mutating func pop() -> MergeCandidate? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        var parent = 0
        while true {
            var child = parent * 2 + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(last) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return first
    }
}
