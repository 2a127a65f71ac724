import Datasets
import Foundation

/// Which prompts come next.
public protocol PromptOrder {
    /// The next prompts: so many, or fewer where an epoch ends with a short batch.
    mutating func next(_ count: Int) -> [Int]
    var cursor: BatchOrder.Cursor { get }
    var epochsDone: Double { get }
    /// Moves to a saved place; false where there is none such.
    mutating func restore(_ cursor: BatchOrder.Cursor) -> Bool
}

extension BatchOrder: PromptOrder {
    /// - Parameter count: a multiple of the batch size.
    public mutating func next(_ count: Int) -> [Int] {
        precondition(count.isMultiple(of: batchSize), "\(count) prompts in batches of \(batchSize)")
        return (0..<count / batchSize).flatMap { _ in nextBatch() }
    }
}
