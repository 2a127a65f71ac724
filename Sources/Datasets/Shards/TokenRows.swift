import RandomNumbers

/// The rows that documents make when they are laid end to end and cut every so many tokens: no token is lost, and a document
/// that a row's end cuts in two goes on in the next row as a document of its own.
///
/// Every document, and every such piece, has positions from 0 and attends to itself alone; its first token is not learned.
public struct TokenRows: Sendable {
    public let shard: TokenShard
    /// Tokens of a row; the last one may be short.
    public let length: Int
    /// Whether a row is one document whatever it holds.
    public let ignoresDocuments: Bool
    /// The documents in the order in which they are laid; nil: that of the shard.
    private let order: [Int]?
    /// Where each of them ends in that order; empty in the order of the shard, which knows.
    private let ends: [Int]

    /// - Parameter seed: puts the documents in another order; nil: they stay in their own.
    public init(_ shard: TokenShard, length: Int, ignoresDocuments: Bool = false, seed: UInt64?) {
        precondition(length > 1, "rows of \(length) tokens: nothing would be learned")
        self.shard = shard
        self.length = length
        self.ignoresDocuments = ignoresDocuments
        var generator = seed.map { SplitMix64(seed: SplitMix64.mixed($0)) }
        order = generator?.permutation(of: shard.documentCount)
        var total = 0
        ends = (order ?? []).map { document in
            total += shard.end(ofDocument: document) - shard.start(ofDocument: document)
            return total
        }
    }

    /// A single token that is left makes no row: nothing comes before it.
    public var count: Int { (shard.tokenCount + length - 2) / length }

    public subscript(row: Int) -> PackedSequence {
        let range = row * length..<min((row + 1) * length, shard.tokenCount)
        var (tokens, lengths, documents) = ([Int](), [Int](), [Int]())
        tokens.reserveCapacity(range.count)
        var place = indexOfDocument(containing: range.lowerBound)
        while tokens.count < range.count {
            let (document, end) = (order?[place] ?? place, self.end(place))
            let start = range.lowerBound + tokens.count
            let count = min(end, range.upperBound) - start
            // From the end backwards, as the document's own start may be in an earlier row.
            let first = shard.end(ofDocument: document) - (end - start)
            tokens += shard.tokens(first..<first + count)
            lengths.append(count)
            documents.append(document)
            place += 1
        }
        let documentLengths = ignoresDocuments ? [tokens.count] : lengths
        return PackedSequence(
            tokens: tokens,
            counts: documentLengths.flatMap { [false] + Array(repeating: true, count: $0 - 1) },
            documentLengths: documentLengths, sources: documents)
    }

    private func end(_ place: Int) -> Int { order == nil ? shard.end(ofDocument: place) : ends[place] }

    /// The first document, in their order, that ends behind a token.
    private func indexOfDocument(containing token: Int) -> Int {
        var (low, high) = (0, shard.documentCount - 1)
        while low < high {
            let middle = (low + high) / 2
            if end(middle) > token { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension PackedSequence {
    /// Texts to measure a model on, each alone: every token of a text is predicted, from the token that stands before texts on.
    ///
    /// A text that is longer than a row goes on in the next one, which begins with the last token before, for the next to be
    /// predicted from; that costs context, and makes the text look a little harder than it is.
    /// - Parameters:
    ///   - tokens: of the text.
    ///   - beginning: the token before it.
    ///   - length: of a row at most.
    public static func heldOut(_ tokens: [Int], after beginning: Int, length: Int) -> [PackedSequence] {
        precondition(length > 1, "rows of \(length) tokens: nothing would be predicted")
        return stride(from: 0, to: tokens.count, by: length - 1).map { start in
            let before = start == 0 ? beginning : tokens[start - 1]
            let row = [before] + tokens[start..<min(start + length - 1, tokens.count)]
            return PackedSequence(TokenizedSequence(tokens: row, labels: row.map { _ in true }))
        }
    }
}
