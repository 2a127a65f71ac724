/// Sequences of token ids laid end to end: no padding anywhere in training and scoring.
///
/// `N` is the number of all tokens. Positions restart at 0 with each sequence, and a sequence attends only to itself, so
/// packing, order and batch split change no number.
///
/// Sequences that begin alike, such as the answers to one prompt, may share what they begin with: it is in the batch as
/// a sequence of its own, once, and each of the others continues it.
public struct PackedBatch: Sendable, Equatable {
    /// [N]
    public let tokens: [Int]
    /// Tokens per sequence, without those of a sequence that it continues; they sum to N.
    public let lengths: [Int]
    /// For each sequence the earlier one that it continues, which continues none itself.
    public let prefixes: [Int?]

    public init(tokens: [Int], lengths: [Int]) {
        precondition(lengths.reduce(0, +) == tokens.count, "lengths \(lengths) for \(tokens.count) tokens")
        self.tokens = tokens
        self.lengths = lengths
        prefixes = Array(repeating: nil, count: lengths.count)
    }

    public init(_ sequences: [[Int]]) {
        tokens = sequences.flatMap { $0 }
        lengths = sequences.map(\.count)
        prefixes = Array(repeating: nil, count: lengths.count)
    }

    /// Each prefix, followed by the sequences that continue it.
    public init(sharing families: [(prefix: [Int], continuations: [[Int]])]) {
        var sequences: [[Int]] = []
        var prefixes: [Int?] = []
        for family in families {
            let prefix = sequences.count
            sequences += [family.prefix] + family.continuations
            prefixes += [nil] + family.continuations.map { _ in prefix }
        }
        tokens = sequences.flatMap { $0 }
        lengths = sequences.map(\.count)
        self.prefixes = prefixes
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

    /// The sequences that no other one continues.
    public var wholeSequences: [Int] {
        let continued = Set(prefixes.compactMap { $0 })
        return lengths.indices.filter { !continued.contains($0) }
    }

    /// The row of the last token of each whole sequence.
    public var lastRows: [Int] {
        let starts = starts
        return wholeSequences.map { starts[$0] + lengths[$0] - 1 }
    }

    /// The position of every token in its sequence, what the sequence continues included.
    public var positions: [Int] {
        zip(lengths, prefixes).flatMap { length, prefix in
            let first = prefix.map { lengths[$0] } ?? 0
            return first..<first + length
        }
    }

    /// Where rows are in sequences that are counted with what they continue.
    var rowPositions: RowPositions {
        let runs = zip(lengths, prefixes).map { length, prefix in
            (count: length, sequenceLength: length + (prefix.map { lengths[$0] } ?? 0))
        }
        return RowPositions(positions: positions, runs: runs)
    }

    /// The same sequences, each with a copy of what it continues, and where every row is now.
    var takenApart: (batch: PackedBatch, rows: [Int]) {
        let starts = starts
        var (tokens, lengths, rows) = ([Int](), [Int](), [Int]())
        for sequence in self.lengths.indices {
            let own = starts[sequence]..<starts[sequence] + self.lengths[sequence]
            let before = prefixes[sequence].map { starts[$0]..<starts[$0] + self.lengths[$0] } ?? 0..<0
            tokens += self.tokens[before]
            rows += tokens.count..<tokens.count + own.count
            tokens += self.tokens[own]
            lengths.append(before.count + own.count)
        }
        return (PackedBatch(tokens: tokens, lengths: lengths), rows)
    }

    /// For every token the row of the token before it; nil for the first of all.
    public var predictors: [Int?] {
        let starts = starts
        return lengths.indices.flatMap { sequence -> [Int?] in
            guard lengths[sequence] > 0 else { return [] }
            let before = prefixes[sequence].flatMap { lengths[$0] > 0 ? starts[$0] + lengths[$0] - 1 : nil }
            return [before] + (starts[sequence]..<starts[sequence] + lengths[sequence] - 1).map { $0 }
        }
    }

    /// The sequence that every token belongs to.
    public var sequenceOfRow: [Int] {
        lengths.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
    }
}
