import Tokenization

/// Turns rows into tokens. Rows that cannot be used are dropped and counted, never silently shortened to nothing.
public protocol Preparation: Sendable {
    associatedtype Row: DatasetRow
    associatedtype Output: Sendable

    /// - Throws: `DataError` for a row that the settings or the tokenizer cannot deal with.
    func prepare(_ row: SourcedRow<Row>) throws -> PreparedRow<Output>
}

/// What became of one row.
public enum PreparedRow<Output: Sendable>: Sendable {
    /// - Parameters:
    ///   - tokens: how many tokens the output has.
    ///   - cut: how many tokens were cut off its end.
    case kept(Output, tokens: Int, cut: Int)
    case dropped(DropReason)
}

/// Why a row was left out.
public enum DropReason: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
    /// Nothing that is left of the row would be learned.
    case noCountedToken
    /// The prompt alone reaches the maximum length.
    case promptTooLong
    /// The row is longer than the maximum length, and rows of its kind must stay whole.
    case tooLong
    /// The prompt is to be read off the two answers, and they have no beginning in common or do not differ.
    case noPrompt
    /// The row judges an aspect that is not being learned.
    case otherAspect

    var explanation: String {
        switch self {
        case .noCountedToken: "without a token to learn within the maximum length"
        case .promptTooLong: "with a prompt that fills the maximum length"
        case .tooLong: "longer than the maximum length"
        case .otherAspect: "about another aspect"
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
    public struct Dropped: Hashable, Codable, Sendable {
        public fileprivate(set) var count = 0
        /// The first few of the dropped rows.
        public fileprivate(set) var examples: [Place] = []
    }

    private static let exampleLimit = 3

    public private(set) var rowsKept = 0
    /// Tokens of the rows that were kept, both sides of a comparison counted.
    public private(set) var tokensKept = 0
    /// Rows that were kept without their end.
    public private(set) var rowsCut = 0
    public private(set) var tokensCut = 0
    public private(set) var dropped: [DropReason: Dropped] = [:]

    public init() {}

    public var rowsDropped: Int { dropped.values.reduce(0) { $0 + $1.count } }

    public mutating func recordKept(tokens: Int, cut: Int) {
        rowsKept += 1
        tokensKept += tokens
        tokensCut += cut
        if cut > 0 { rowsCut += 1 }
    }

    public mutating func recordDropped(_ reason: DropReason, at place: Place) {
        dropped[reason, default: Dropped()].count += 1
        if dropped[reason, default: Dropped()].examples.count < Self.exampleLimit {
            dropped[reason]?.examples.append(place)
        }
    }

    mutating func add(_ other: PreparationReport) {
        rowsKept += other.rowsKept
        tokensKept += other.tokensKept
        rowsCut += other.rowsCut
        tokensCut += other.tokensCut
        for (reason, rows) in other.dropped {
            dropped[reason, default: Dropped()].count += rows.count
            let examples = dropped[reason, default: Dropped()].examples + rows.examples
            dropped[reason]?.examples = Array(examples.prefix(Self.exampleLimit))
        }
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
            let prepared = block.rows.concurrentMap { row in Result { try prepare(row) } }
            for (row, result) in zip(block.rows, prepared) {
                switch try result.get() {
                case .kept(let output, let tokens, let cut):
                    outputs.append(output)
                    places.append(row.place)
                    report.recordKept(tokens: tokens, cut: cut)
                case .dropped(let reason):
                    report.recordDropped(reason, at: row.place)
                }
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
