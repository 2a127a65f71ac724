import Dispatch

extension Array where Element: Sendable {
    /// How many neighbours a core takes at a time: enough to make fetching them cheap, few enough that the cores end
    /// together.
    private static var blockSize: Int { 16 }

    /// The results for all elements, in their order, worked out by all cores at once.
    package func concurrentMap<Result: Sendable>(_ transform: @Sendable (Element) -> Result) -> [Result] {
        [Result](unsafeUninitializedCapacity: count) { results, resultCount in
            // Every element is written by one core, and read only when all are done.
            nonisolated(unsafe) let results = results
            let blockCount = (count + Self.blockSize - 1) / Self.blockSize
            DispatchQueue.concurrentPerform(iterations: blockCount) { block in
                let start = block * Self.blockSize
                for index in start..<Swift.min(start + Self.blockSize, count) {
                    results.initializeElement(at: index, to: transform(self[index]))
                }
            }
            resultCount = count
        }
    }
}
