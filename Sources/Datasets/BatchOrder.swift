import RandomNumbers

/// In which order rows are learned: epoch after epoch, in micro-batches and in the windows that gradient accumulation
/// makes of them.
///
/// Every epoch visits every row once, or of a mixture as many rows of each part as the part's share allows. A last short
/// micro-batch is kept and never filled up from the next epoch, and so is a last short window. A shuffled epoch is
/// SplitMix64's Fisher–Yates permutation for the seed and the number of the epoch, so two numbers give the place reached,
/// and an order that is saved and restored continues exactly.
public struct BatchOrder: Codable, Sendable {
    /// How far an order has come.
    public struct Cursor: Codable, Hashable, Sendable {
        /// Counted from 0.
        public var epoch: Int
        /// How many rows of the epoch have been handed out.
        public var position: Int

        public init(epoch: Int = 0, position: Int = 0) {
            self.epoch = epoch
            self.position = position
        }
    }

    /// Rows of an epoch.
    public let rowCount: Int
    /// Rows in a micro-batch.
    public let batchSize: Int
    /// Micro-batches in a window.
    public let gradientAccumulationSteps: Int
    /// Nil for the rows' own order in every epoch.
    public let seed: UInt64?
    public private(set) var cursor = Cursor()
    private let mixture: Mixture
    private var order: [Int]

    public init(rowCount: Int, batchSize: Int, gradientAccumulationSteps: Int = 1, seed: UInt64?) {
        self.init(
            Mixture(rowCount: rowCount), batchSize: batchSize,
            gradientAccumulationSteps: gradientAccumulationSteps, seed: seed)
    }

    public init(_ mixture: Mixture, batchSize: Int, gradientAccumulationSteps: Int = 1, seed: UInt64?) {
        let rowCount = mixture.rowsOfEpoch
        precondition(
            rowCount > 0 && batchSize > 0 && gradientAccumulationSteps > 0,
            "\(rowCount) rows, batches of \(batchSize), \(gradientAccumulationSteps) accumulated: all must be positive"
        )
        self.mixture = mixture
        self.rowCount = rowCount
        self.batchSize = batchSize
        self.gradientAccumulationSteps = gradientAccumulationSteps
        self.seed = seed
        order = mixture.order(ofEpoch: 0, seed: seed)
    }

    public var batchesPerEpoch: Int { (rowCount + batchSize - 1) / batchSize }

    /// Windows, hence optimizer steps, in an epoch.
    public var stepsPerEpoch: Int {
        (batchesPerEpoch + gradientAccumulationSteps - 1) / gradientAccumulationSteps
    }

    /// The epochs done, as a fraction.
    public var epochsDone: Double { Double(cursor.epoch) + Double(cursor.position) / Double(rowCount) }

    /// The rows of the next micro-batch.
    public mutating func nextBatch() -> [Int] {
        let end = min(cursor.position + batchSize, rowCount)
        let batch = Array(order[cursor.position..<end])
        cursor.position = end
        if end == rowCount { begin(epoch: cursor.epoch + 1) }
        return batch
    }

    /// The micro-batches of the next optimizer step: those of one window, all of one epoch.
    public mutating func nextWindow() -> [[Int]] {
        let epoch = cursor.epoch
        var window: [[Int]] = []
        while window.count < gradientAccumulationSteps, cursor.epoch == epoch {
            window.append(nextBatch())
        }
        return window
    }

    /// Goes to where another order of the same rows, batch size and seed was.
    /// - Returns: false where such an order cannot have been there; the order then stays where it is.
    public mutating func restore(_ cursor: Cursor) -> Bool {
        // Rows are counted over all epochs.
        guard (0..<Int.max / 2 / rowCount).contains(cursor.epoch), (0..<rowCount).contains(cursor.position),
            cursor.position.isMultiple(of: batchSize)
        else { return false }
        begin(epoch: cursor.epoch)
        self.cursor = cursor
        return true
    }

    private mutating func begin(epoch: Int) {
        if seed != nil, epoch != cursor.epoch {
            order = mixture.order(ofEpoch: epoch, seed: seed)
        }
        cursor = Cursor(epoch: epoch)
    }
}

extension BatchOrder {
    private enum CodingKeys: String, CodingKey {
        case mixture, batchSize, gradientAccumulationSteps, seed, cursor
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let mixture = try container.decode(Mixture.self, forKey: .mixture)
        let counts = try [CodingKeys.batchSize, .gradientAccumulationSteps].map {
            try container.decode(Int.self, forKey: $0)
        }
        let cursor = try container.decode(Cursor.self, forKey: .cursor)
        let invalid = DecodingError.dataCorruptedError(
            forKey: .cursor, in: container,
            debugDescription: "a place that no order of batches reaches: \(cursor)")
        guard mixture.rowsOfEpoch > 0, counts.allSatisfy({ $0 > 0 }) else { throw invalid }
        self.init(
            mixture, batchSize: counts[0], gradientAccumulationSteps: counts[1],
            seed: try container.decodeIfPresent(UInt64.self, forKey: .seed))
        guard restore(cursor) else { throw invalid }
    }
}

extension BatchOrder {
    /// Rows grouped for scoring or evaluation, where their order does not matter: longest first, so that a batch that
    /// does not fit into memory is met at once, and rows of similar length together.
    ///
    /// - Parameters:
    ///   - lengths: of the rows, in tokens.
    ///   - maximumTokens: of a batch; a single row may have more.
    ///   - maximumRows: of a batch.
    /// - Returns: the rows of each batch; every row is in exactly one.
    public static func lengthSorted(
        _ lengths: [Int], maximumTokens: Int, maximumRows: Int = .max
    ) -> [[Int]] {
        precondition(maximumRows > 0, "batches of \(maximumRows) rows: give a positive number")
        var batches: [[Int]] = []
        var tokens = 0
        for row in lengths.indices.sorted(by: { (lengths[$1], $0) < (lengths[$0], $1) }) {
            let isFull = tokens + lengths[row] > maximumTokens || batches.last?.count == maximumRows
            if batches.isEmpty || isFull {
                batches.append([])
                tokens = 0
            }
            batches[batches.count - 1].append(row)
            tokens += lengths[row]
        }
        return batches
    }
}
