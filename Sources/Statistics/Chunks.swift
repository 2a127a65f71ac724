extension Collection where Index == Int {
    /// Consecutive parts of at most `size` elements: the groups of a list of scores, the batches of a list of rows.
    package func chunked(_ size: Int) -> [SubSequence] {
        stride(from: startIndex, to: endIndex, by: size).map { self[$0..<Swift.min($0 + size, endIndex)] }
    }
}
