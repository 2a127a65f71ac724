import Datasets

/// Where a trainer's rows come from: window after window, from a place that it can return to.
public protocol RowSource<Row>: AnyObject {
    associatedtype Row
    /// The micro-batches of the next optimizer step, all of one epoch.
    /// - Throws: `DataError` for a row that is read only now.
    func nextWindow() throws -> [[Row]]
    /// Indices of the rows of the last window, as `place(ofRow:)` takes them.
    var lastRows: [Int] { get }
    /// Where a row is in its file.
    func place(ofRow index: Int) -> String
    /// Optimizer steps of an epoch; nil where that is not known before its end.
    var stepsPerEpoch: Int? { get }
    var epochsDone: Double { get }
    /// Where the next window begins.
    var cursor: BatchOrder.Cursor { get }
    /// Goes to a saved place; false where the rows cannot have such a place.
    func restore(_ cursor: BatchOrder.Cursor) throws -> Bool
    /// What was kept and left out so far.
    var report: PreparationReport { get }
    /// What the model itself wrote for the last window; none where rows are given.
    var samples: [Rollout] { get }
}

extension RowSource {
    public var samples: [Rollout] { [] }
}

/// Rows in memory, in any order.
public final class LoadedRows<Row>: RowSource {
    public private(set) var lastRows: [Int] = []
    public let report: PreparationReport
    private let rows: [Row]
    private let place: (Int) -> String
    private var order: BatchOrder

    public init(
        _ rows: [Row], order: BatchOrder, report: PreparationReport = PreparationReport(),
        place: @escaping (Int) -> String
    ) {
        self.rows = rows
        self.order = order
        self.report = report
        self.place = place
    }

    public func nextWindow() -> [[Row]] {
        let indices = order.nextWindow()
        lastRows = indices.flatMap { $0 }
        return indices.map { $0.map { rows[$0] } }
    }

    public func place(ofRow index: Int) -> String { place(index) }
    public var stepsPerEpoch: Int? { order.stepsPerEpoch }
    public var epochsDone: Double { order.epochsDone }
    public var cursor: BatchOrder.Cursor { order.cursor }
    public func restore(_ cursor: BatchOrder.Cursor) -> Bool { order.restore(cursor) }
}

/// Rows that are read and prepared when their turn comes.
public final class StreamedRows<Source: Preparation, Row>: RowSource {
    public private(set) var report = PreparationReport()
    private let stream: RowStream<Source.Row>
    private let preparation: Source
    private let convert: (Source.Output) -> Row
    private let batchSize: Int
    private let gradientAccumulationSteps: Int
    private var lastPlaces: [Place] = []
    /// Whether the epoch has had a row to learn from: one without any would be followed by others without end.
    private var epochHasRows = false

    /// - Parameter convert: from what preparation gives to what the objective takes.
    public init(
        _ stream: RowStream<Source.Row>, preparation: Source, batchSize: Int, gradientAccumulationSteps: Int,
        convert: @escaping (Source.Output) -> Row
    ) {
        self.stream = stream
        self.preparation = preparation
        self.batchSize = batchSize
        self.gradientAccumulationSteps = gradientAccumulationSteps
        self.convert = convert
    }

    public func nextWindow() throws -> [[Row]] {
        lastPlaces = []
        var window: [[Row]] = []
        while window.count < gradientAccumulationSteps {
            let (batch, endsEpoch) = try nextBatch()
            if !batch.isEmpty { window.append(batch) }
            if endsEpoch && !window.isEmpty { break }
        }
        return window
    }

    private func nextBatch() throws -> (rows: [Row], endsEpoch: Bool) {
        var batch: [Row] = []
        while batch.count < batchSize {
            guard let row = try stream.next() else {
                try finishEpoch()
                return (batch, true)
            }
            guard let output = report.record(try preparation.prepareAsTold(row), of: row) else { continue }
            lastPlaces.append(row.place)
            batch.append(convert(output))
            epochHasRows = true
        }
        return (batch, false)
    }

    private func finishEpoch() throws {
        guard epochHasRows else { throw preparation.nothingToLearn(report) }
        epochHasRows = false
    }

    public var lastRows: [Int] { Array(lastPlaces.indices) }
    public func place(ofRow index: Int) -> String { lastPlaces[index].description }
    public var stepsPerEpoch: Int? { nil }
    public var epochsDone: Double { Double(stream.cursor.epoch) }
    public var cursor: BatchOrder.Cursor { stream.cursor }

    public func restore(_ cursor: BatchOrder.Cursor) throws -> Bool {
        epochHasRows = cursor.position > 0
        return try stream.restore(cursor)
    }
}
