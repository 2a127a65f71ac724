/// How often each word occurs.
struct WordCounts: Sendable {
    private(set) var words = ByteStringTable()
    /// By the number of the word.
    private(set) var counts: [Int] = []

    mutating func add(_ word: Bytes, times count: Int = 1) {
        let number = words.insert(word)
        if number == counts.count {
            counts.append(count)
        } else {
            counts[number] += count
        }
    }

    mutating func add(_ other: WordCounts) {
        for number in other.counts.indices {
            other.words.string(at: number).withUnsafeBufferPointer { add($0, times: other.counts[number]) }
        }
    }
}
