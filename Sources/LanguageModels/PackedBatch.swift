/// Sequences of token ids laid end to end: no padding anywhere in training and scoring.
///
/// `N` is the number of all tokens. Positions restart at 0 with each sequence, and a sequence attends only to itself, so
/// packing, order and batch split change no number.
public struct PackedBatch: Sendable, Equatable {
    /// [N]
    public let tokens: [Int]
    /// Tokens per sequence; they sum to N.
    public let lengths: [Int]

    public init(tokens: [Int], lengths: [Int]) {
        precondition(lengths.reduce(0, +) == tokens.count, "lengths \(lengths) for \(tokens.count) tokens")
        self.tokens = tokens
        self.lengths = lengths
    }

    public init(_ sequences: [[Int]]) {
        tokens = sequences.flatMap { $0 }
        lengths = sequences.map(\.count)
    }

    public var sequenceCount: Int { lengths.count }

    /// Where each sequence begins.
    public var starts: [Int] {
        var start = 0
        return lengths.map { length in
            defer { start += length }
            return start
        }
    }

    /// The row of each sequence's last token.
    public var lastRows: [Int] { zip(starts, lengths).map { $0 + $1 - 1 } }

    /// The position of every token in its own sequence.
    public var positions: [Int] { lengths.flatMap { 0..<$0 } }

    /// The sequence that every token belongs to.
    public var sequenceOfRow: [Int] {
        lengths.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
    }
}
