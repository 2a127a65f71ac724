import Tokenization

/// Turns rows into tokens. Rows that cannot be used are dropped and counted, never silently shortened to nothing.
public protocol Preparation: Sendable {
    associatedtype Row: DatasetRow
    associatedtype Output: Sendable

    /// By whose chat template messages are laid out.
    var tokenizer: Tokenizer { get set }

    /// - Throws: `DataError` for a row that the settings or the tokenizer cannot deal with.
    func prepare(_ row: SourcedRow<Row>) throws -> PreparedRow<Output>
}

/// What became of one row.
public enum PreparedRow<Output: Sendable>: Sendable {
    /// - Parameters:
    ///   - tokens: how many tokens the output has.
    ///   - cut: how many tokens were cut off its end.
    ///   - remarks: what users should know of it.
    case kept(Output, tokens: Int, cut: Int, remarks: Set<RowRemark> = [])
    case dropped(DropReason)
}

/// Why a row was left out.
public enum DropReason: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
    /// Nothing of the row would be learned, however long it may be.
    case nothingToLearn
    /// Nothing that the maximum length leaves of the row would be learned.
    case noCountedToken
    /// The prompt alone reaches the maximum length.
    case promptTooLong
    /// The row is longer than the maximum length, and rows of its kind must stay whole.
    case tooLong
    /// The prompt is to be read off the two answers, and they have no beginning in common or do not differ.
    case noPrompt
    /// The row judges an aspect that is not being learned.
    case otherAspect
    /// Two tokenizers spell no part of the answer alike.
    case noCommonText

    var explanation: String {
        switch self {
        case .nothingToLearn: "in which nothing is to be learned, such as a turn of the assistant"
        case .noCountedToken: "without a token to learn within the maximum length"
        case .promptTooLong: "with a prompt that fills the maximum length"
        case .tooLong: "longer than the maximum length"
        case .otherAspect: "about another aspect"
        case .noCommonText: "whose answer the two tokenizers have no text of in common"
        case .noPrompt: "without \"prompt\" and without a common beginning to take it from"
        }
    }
}

/// The usable rows of a dataset, in their order.
public struct PreparedDataset<Output: Sendable>: Sendable {
    public let rows: [Output]
    /// Where each of `rows` came from.
    public let places: [Place]
    /// How many of which rows an epoch takes.
    public let mixture: Mixture
    public let report: PreparationReport

    init(rows: [Output], places: [Place], mixture: Mixture? = nil, report: PreparationReport) {
        self.rows = rows
        self.places = places
        self.mixture = mixture ?? Mixture(rowCount: rows.count)
        self.report = report
    }

    /// The rows of several data sets, mixed by their shares.
    public init(_ parts: [PreparedDataset], shares: [Double]) {
        self.init(
            rows: parts.flatMap(\.rows), places: parts.flatMap(\.places),
            mixture: Mixture(rowCounts: parts.map(\.rows.count), shares: shares),
            report: parts.map(\.report).reduce(into: PreparationReport()) { $0.add($1) })
    }

    /// The rows of the first epoch, as all there are: for what arranges rows once and for all.
    public func selected(seed: UInt64?) -> PreparedDataset {
        guard mixture.parts.count > 1 else { return self }
        let chosen = mixture.order(ofEpoch: 0, seed: seed)
        return PreparedDataset(
            rows: chosen.map { rows[$0] }, places: chosen.map { places[$0] }, report: report)
    }
}

/// What preparation kept, cut and left out.
public struct PreparationReport: Hashable, Codable, Sendable, CustomStringConvertible {
    /// Some of the rows.
    public struct Rows: Hashable, Codable, Sendable {
        public private(set) var count = 0
        /// The first few.
        public private(set) var examples: [Place] = []

        fileprivate mutating func add(_ count: Int, _ places: [Place]) {
            self.count += count
            examples = Array((examples + places).prefix(PreparationReport.exampleLimit))
        }
    }

    private static let exampleLimit = 3
    /// Columns beyond these are not named.
    private static let namedColumns = 8

    public private(set) var rowsKept = 0
    /// Tokens of the rows that were kept, both sides of a comparison counted.
    public private(set) var tokensKept = 0
    /// Rows that were kept without their end.
    public private(set) var rowsCut = 0
    public private(set) var tokensCut = 0
    public private(set) var dropped: [DropReason: Rows] = [:]
    /// Of the rows that were kept.
    public private(set) var remarks: [RowRemark: Rows] = [:]
    /// Columns that rows have and nobody reads.
    public private(set) var unreadColumns: Set<String> = []

    public init() {}

    public var rowsDropped: Int { dropped.values.reduce(0) { $0 + $1.count } }

    /// Records what became of a row.
    /// - Returns: what it gives; nil where it was dropped.
    public mutating func record<Row: DatasetRow, Output>(
        _ prepared: PreparedRow<Output>, of row: SourcedRow<Row>
    ) -> Output? {
        unreadColumns.formUnion(row.row.unreadColumns)
        switch prepared {
        case .kept(let output, let tokens, let cut, let remarks):
            rowsKept += 1
            tokensKept += tokens
            tokensCut += cut
            if cut > 0 { rowsCut += 1 }
            for remark in remarks { self.remarks[remark, default: Rows()].add(1, [row.place]) }
            return output
        case .dropped(let reason):
            dropped[reason, default: Rows()].add(1, [row.place])
            return nil
        }
    }

    mutating func add(_ other: PreparationReport) {
        rowsKept += other.rowsKept
        tokensKept += other.tokensKept
        rowsCut += other.rowsCut
        tokensCut += other.tokensCut
        for (reason, rows) in other.dropped {
            dropped[reason, default: Rows()].add(rows.count, rows.examples)
        }
        for (remark, rows) in other.remarks {
            remarks[remark, default: Rows()].add(rows.count, rows.examples)
        }
        unreadColumns.formUnion(other.unreadColumns)
    }

    /// What users should know of the rows that were kept, a line each, and what each is about.
    public var notes: [(topic: String, line: String)] {
        let lines = RowRemark.allCases.compactMap { remark in
            remarks[remark].map { rows in
                (remark.rawValue, remark.note(rows.count, of: rowsKept, "rows", examples: rows.examples))
            }
        }
        guard !unreadColumns.isEmpty else { return lines }
        let names = unreadColumns.sorted().prefix(Self.namedColumns).joined(separator: ", ")
        let more = unreadColumns.count > Self.namedColumns ? ", …" : ""
        return lines + [("columns", "columns that change nothing here: \(names)\(more)")]
    }

    /// `description`, where anything was cut or dropped.
    public var noteOfLosses: String? { rowsDropped > 0 || rowsCut > 0 ? description : nil }

    /// One line for people: `kept 13 of 24 rows (402 tokens); cut …; dropped 11 rows longer than …`.
    public var description: String {
        var parts = ["kept \(rowsKept) of \(rowsKept + rowsDropped) rows (\(tokensKept) tokens)"]
        if rowsCut > 0 { parts.append("cut \(tokensCut) tokens off the end of \(Self.counted(rowsCut))") }
        for reason in DropReason.allCases {
            guard let rows = dropped[reason] else { continue }
            let more = rows.count > rows.examples.count ? ", …" : ""
            let examples = rows.examples.map(\.description).joined(separator: ", ")
            parts.append("dropped \(Self.counted(rows.count)) \(reason.explanation) (\(examples)\(more))")
        }
        return parts.joined(separator: "; ")
    }

    private static func counted(_ rows: Int) -> String { rows == 1 ? "1 row" : "\(rows) rows" }
}

extension Preparation {
    /// Prepares all rows of the files.
    /// - Throws: `DataError` for a bad file, and where no row is left.
    public func prepare(_ data: JSONLines) throws -> PreparedDataset<Output> {
        let reader = data.reader(of: Row.self)
        return try prepare(next: reader.next)
    }

    /// Prepares all rows of a stream's epoch.
    /// - Throws: `DataError` for a bad file, and where no row is left.
    public func prepare(_ stream: RowStream<Row>) throws -> PreparedDataset<Output> {
        try prepare(next: stream.next)
    }

    /// - Throws: `DataError` for a row that cannot be dealt with, and where no row is left.
    public func prepare(_ rows: [SourcedRow<Row>]) throws -> PreparedDataset<Output> {
        var iterator = rows.makeIterator()
        return try prepare(next: { iterator.next() })
    }

    /// Reads rows one after another and prepares those of a block side by side. What comes out, errors included, is
    /// what preparing them one by one would give.
    private func prepare(next: () throws -> SourcedRow<Row>?) throws -> PreparedDataset<Output> {
        var outputs: [Output] = []
        var places: [Place] = []
        var report = PreparationReport()
        var firstPlace: Place?
        var block: RowBlock<Row>
        repeat {
            block = RowBlock(reading: next)
            firstPlace = firstPlace ?? block.rows.first?.place
            let prepared = block.rows.concurrentMap { row in Result { try prepareAsTold(row) } }
            for (row, result) in zip(block.rows, prepared) {
                guard let output = report.record(try result.get(), of: row) else { continue }
                outputs.append(output)
                places.append(row.place)
            }
            if let failure = block.failure { throw failure }
        } while !block.isLast
        if let firstPlace, outputs.isEmpty { throw nothingToLearn(report, at: firstPlace) }
        return PreparedDataset(rows: outputs, places: places, report: report)
    }
}

extension Preparation {
    /// The error for rows none of which can be used.
    /// - Parameter place: of the first one; nil for that of the first one dropped.
    public func nothingToLearn(_ report: PreparationReport, at place: Place? = nil) -> DataError {
        let dropped = report.dropped.values.flatMap(\.examples).min { $0.line < $1.line }
        return DataError(
            at: place ?? dropped ?? Place(file: "(no file)", line: 1),
            expected: "at least one row to learn from", found: "none: \(report)",
            remedy: "raise the maximum length or check the rows")
    }
}

/// The rows that are prepared at once.
struct RowBlock<Row: Sendable> {
    static var maximumCount: Int { 4096 }

    private(set) var rows: [SourcedRow<Row>] = []
    /// What came in place of the row after them.
    private(set) var failure: (any Error)?

    init(reading next: () throws -> SourcedRow<Row>?) {
        do {
            while rows.count < Self.maximumCount, let row = try next() { rows.append(row) }
        } catch {
            failure = error
        }
    }

    /// Whether no row follows; a full block may be the last without knowing.
    var isLast: Bool { rows.count < Self.maximumCount }
}
