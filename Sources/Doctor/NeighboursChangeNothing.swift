/// What a sequence is batched with, before it and after it, changes none of its numbers: padding on either side, if there
/// were any, would be such a neighbour.
struct NeighboursChangeNothing: Invariant {
    /// Of different lengths.
    let sequences: [[Int]]
    /// The log-probabilities of the tokens of each sequence, all in one batch.
    let score: ([[Int]]) throws -> [[Double]]
    let tolerance: Tolerance

    let name = "padding side"
    let advice = "scores would depend on the batch a text is in; report it"

    func measure() throws -> Deviation {
        let alone = try sequences.flatMap { try score([$0]) }
        let together = try score(sequences)
        let turned = try Array(score(sequences.reversed()).reversed())
        return Deviation(
            between: alone + alone, and: together + turned, limit: tolerance.logProbability)
    }
}
