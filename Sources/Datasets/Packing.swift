/// One row of a batch that may hold several documents.
public struct PackedSequence: Hashable, Sendable {
    public let tokens: [Int]
    /// True where the prediction of this token is in the loss; false at the first token of every document.
    public let counts: [Bool]
    /// The lengths of the documents in their order. Each has positions from 0 and attends to itself only.
    public let documentLengths: [Int]
    /// Which of the packed sequences have tokens in here, by their index, in their order.
    public let sources: [Int]

    /// How many tokens are in the loss.
    public var countedTokens: Int { counts.count { $0 } }
}

extension PackedSequence {
    /// One sequence in a row of its own.
    public init(_ sequence: TokenizedSequence) { self.init(sequence, source: 0) }

    fileprivate init(_ sequence: TokenizedSequence, source: Int) {
        self.init(
            tokens: sequence.tokens, counts: sequence.counts, documentLengths: [sequence.tokens.count],
            sources: [source])
    }
}

/// Ways to fill rows of a fixed length with sequences of many lengths.
public enum Packing {
    /// No packing: every sequence in a row of its own.
    public static func separate(_ sequences: [TokenizedSequence]) -> [PackedSequence] {
        sequences.enumerated().map { PackedSequence($1, source: $0) }
    }

    /// Best-fit decreasing: the longest sequence first, each into the fullest row it still fits into, or a new one.
    ///
    /// Sequences stay whole documents; one that is longer than `length` loses its tail. Equal lengths keep their
    /// order, and of equally full rows the one that became so first is filled first, as in TRL.
    public static func bestFitDecreasing(_ sequences: [TokenizedSequence], length: Int) -> [PackedSequence] {
        precondition(length > 0, "rows of \(length) tokens: give a positive length")
        let cut = sequences.map { $0.prefix(length) }
        let order = cut.indices.filter { !cut[$0].tokens.isEmpty }
            .sorted { (cut[$1].tokens.count, $0) < (cut[$0].tokens.count, $1) }
        var rows: [[Int]] = []
        var openRows = OpenRows(length: length)
        for index in order {
            let count = cut[index].tokens.count
            if let (row, space) = openRows.takeFullest(fitting: count) {
                rows[row].append(index)
                openRows.insert(row, space: space - count)
            } else {
                rows.append([index])
                openRows.insert(rows.count - 1, space: length - count)
            }
        }
        return rows.map { sources in
            PackedSequence(
                tokens: sources.flatMap { cut[$0].tokens }, counts: sources.flatMap { cut[$0].counts },
                documentLengths: sources.map { cut[$0].tokens.count }, sources: sources)
        }
    }

    /// Wrapped: all sequences joined and cut every `length` tokens, wherever that falls; the last row may be short.
    ///
    /// A row is one document: its sequences see each other. No token is lost, and only the first of each row is
    /// out of the loss for lack of a context.
    public static func wrapped(_ sequences: [TokenizedSequence], length: Int) -> [PackedSequence] {
        precondition(length > 0, "rows of \(length) tokens: give a positive length")
        var rows: [PackedSequence] = []
        var tokens: [Int] = []
        var labels: [Bool] = []
        var sources: [Int] = []

        func closeRow() {
            let row = TokenizedSequence(tokens: tokens, labels: labels)
            rows.append(
                PackedSequence(
                    tokens: row.tokens, counts: row.counts, documentLengths: [tokens.count], sources: sources)
            )
            tokens.removeAll(keepingCapacity: true)
            labels.removeAll(keepingCapacity: true)
            sources.removeAll(keepingCapacity: true)
        }

        for (index, sequence) in sequences.enumerated() {
            let sequenceLabels = sequence.labels
            var start = 0
            while start < sequence.tokens.count {
                let end = min(start + length - tokens.count, sequence.tokens.count)
                tokens += sequence.tokens[start..<end]
                labels += sequenceLabels[start..<end]
                sources.append(index)
                start = end
                if tokens.count == length { closeRow() }
            }
        }
        if !tokens.isEmpty { closeRow() }
        return rows
    }
}

/// The rows that still have space, by how much they have.
private struct OpenRows {
    private var queues: [Queue]
    /// Bit `s` of the words is set where rows with space `s` exist: finding the next one costs `length / 64` steps.
    private var occupied: [UInt64]

    /// First in, first out.
    private struct Queue {
        var rows: [Int] = []
        var head = 0
    }

    init(length: Int) {
        queues = Array(repeating: Queue(), count: length + 1)
        occupied = Array(repeating: 0, count: length / 64 + 1)
    }

    mutating func insert(_ row: Int, space: Int) {
        queues[space].rows.append(row)
        occupied[space / 64] |= 1 << UInt64(space % 64)
    }

    /// Takes out the row with the least space that is at least `count`.
    mutating func takeFullest(fitting count: Int) -> (row: Int, space: Int)? {
        guard let space = smallestSpace(from: count) else { return nil }
        let row = queues[space].rows[queues[space].head]
        queues[space].head += 1
        if queues[space].head == queues[space].rows.count {
            queues[space] = Queue()
            occupied[space / 64] &= ~(1 << UInt64(space % 64))
        }
        return (row, space)
    }

    private func smallestSpace(from count: Int) -> Int? {
        var word = count / 64
        var bits = occupied[word] & (UInt64.max << UInt64(count % 64))
        while bits == 0 {
            word += 1
            guard word < occupied.count else { return nil }
            bits = occupied[word]
        }
        return word * 64 + bits.trailingZeroBitCount
    }
}
