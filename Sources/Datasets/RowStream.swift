import RandomNumbers

/// Rows that are read while they are used: never more of them are in memory than the buffer that they are shuffled in holds.
///
/// An epoch reads the files from their beginning. With shares it takes the rows of each data set by chance in these
/// proportions, until one of them is used up. The order depends on the seed and the epoch alone, so that a stream resumes
/// exactly from its cursor; it reads again what comes before.
public final class RowStream<Row: DatasetRow> {
    private let sources: [JSONLines]
    private let shares: [Double]?
    private let bufferSize: Int
    private let seed: UInt64?
    private var readers: [JSONLinesReader<Row>] = []
    private var buffer: [SourcedRow<Row>] = []
    private var random = RandomSource(seed: 0)
    private var hasMore = true
    private var readCount = 0
    /// The epoch, and how many of its rows have been handed out.
    public private(set) var cursor = BatchOrder.Cursor()

    /// - Parameters:
    ///   - shares: of the sources in an epoch, positive; nil for one after the other.
    ///   - bufferSize: rows that are shuffled among each other; 1 or more.
    ///   - seed: nil for the rows' own order.
    public init(_ sources: [JSONLines], shares: [Double]? = nil, bufferSize: Int, seed: UInt64?) {
        precondition(
            bufferSize > 0 && shares.map { $0.count == sources.count } ?? true,
            "a buffer of \(bufferSize) rows, \(shares?.count ?? 0) shares of \(sources.count) sources")
        self.sources = sources
        self.shares = shares
        self.bufferSize = bufferSize
        self.seed = seed
        begin(epoch: 0)
    }

    /// The next row of the epoch; nil at its end, after which the next epoch begins.
    /// - Throws: `DataError`, as its reader does.
    public func next() throws -> SourcedRow<Row>? {
        while hasMore, buffer.count < (seed == nil ? 1 : bufferSize) {
            guard let row = try read() else {
                hasMore = false
                break
            }
            buffer.append(SourcedRow(row.row, place: row.place, index: readCount))
            readCount += 1
        }
        guard !buffer.isEmpty else {
            begin(epoch: cursor.epoch + 1)
            return nil
        }
        cursor.position += 1
        if seed != nil { buffer.swapAt(random.integer(below: buffer.count), buffer.count - 1) }
        return buffer.removeLast()
    }

    /// Goes to where another stream of the same rows, buffer and seed was.
    /// - Returns: false where such a stream cannot have been there.
    public func restore(_ place: BatchOrder.Cursor) throws -> Bool {
        guard place.epoch >= 0, place.position >= 0 else { return false }
        begin(epoch: place.epoch)
        while cursor.position < place.position {
            guard try next() != nil else { return false }
        }
        return true
    }

    private func begin(epoch: Int) {
        readers = sources.map { $0.reader() }
        buffer = []
        hasMore = true
        readCount = 0
        cursor = BatchOrder.Cursor(epoch: epoch)
        random = RandomSource(seed: SplitMix64.mixed(seed ?? 0) ^ SplitMix64.mixed(~UInt64(epoch)))
    }

    /// The next row as the files have it.
    private func read() throws -> SourcedRow<Row>? {
        guard let shares else {
            while let reader = readers.first {
                if let row = try reader.next() { return row }
                readers.removeFirst()
            }
            return nil
        }
        var rest = random.uniform() * shares.reduce(0, +)
        for (reader, share) in zip(readers, shares) {
            rest -= share
            if rest < 0 { return try reader.next() }
        }
        return try readers.last?.next()
    }
}
