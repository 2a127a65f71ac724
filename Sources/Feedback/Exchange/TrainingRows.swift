import Datasets
import Files
import Foundation
import GRDB
import Runs

/// Rows that a training run reads: taken from a store, and kept under the name of their hash, so that a resumed run
/// finds the very rows that it began with.
public struct TrainingRows: Sendable {
    public let file: URL
    /// SHA-256 of the file.
    public let hash: String
    public let schema: JudgmentSchema
    /// The judgments that gave rows.
    public let judgments: [Judgment.ID]
    public let argument: StoreArgument

    /// Takes the judgments that count now.
    ///
    /// - Parameter home: where the rows are kept, below `feedback-rows`.
    /// - Throws: ``ExchangeError``, ``FeedbackError`` or `FileError`.
    public init(_ schema: JudgmentSchema, of argument: StoreArgument, home: URL = HomeFolder.url()) throws {
        try self.init(schema, of: argument, only: nil, home: home)
    }

    /// Takes the rows that a run began with.
    ///
    /// - Parameter hash: of those rows, as run.json records it.
    /// - Throws: ``ExchangeError/withdrawn(run:judgments:people:)`` where one of the judgments may no longer be used,
    ///   ``ExchangeError/rowsChanged(run:store:)`` where the rows are gone and cannot be made again.
    public init(
        pinnedTo hash: String, of run: String, _ schema: JudgmentSchema, from argument: StoreArgument,
        home: URL = HomeFolder.url()
    ) throws {
        let store = try FeedbackStore(at: argument.url, .reading)
        let used = try store.read { try $0.usedJudgments(rowsHash: hash) }
        let inactive = used.filter { !$0.isActive }
        guard inactive.isEmpty else {
            throw ExchangeError.withdrawn(
                run: run, judgments: inactive.count, people: Set(inactive.map(\.annotator)).count)
        }
        let file = Self.file(hash, home)
        let ids = used.map(\.judgment)
        if !ids.isEmpty, FileSystem.exists(file), try ContentHash.sha256(of: file) == hash {
            self.init(file: file, hash: hash, schema: schema, judgments: ids, argument: argument)
            return
        }
        guard !ids.isEmpty else { throw ExchangeError.rowsChanged(run: run, store: argument.url.path) }
        try self.init(schema, of: argument, only: Set(ids), home: home)
        guard self.hash == hash else { throw ExchangeError.rowsChanged(run: run, store: argument.url.path) }
    }

    private init(
        _ schema: JudgmentSchema, of argument: StoreArgument, only ids: Set<Judgment.ID>?, home: URL
    ) throws {
        let store = try FeedbackStore(at: argument.url, .reading)
        let folder = home.appending(path: Self.folder)
        let draft = folder.appending(path: ".\(UUID().uuidString).jsonl")
        let export = try JudgmentExport.write(
            schema, of: argument.selection, from: store, to: draft, only: ids)
        let hash = try ContentHash.sha256(of: draft)
        let file = Self.file(hash, home)
        try FileSystem.rename(draft, to: file)
        self.init(
            file: file, hash: hash, schema: schema, judgments: export.judgments, argument: argument)
    }

    private init(
        file: URL, hash: String, schema: JudgmentSchema, judgments: [Judgment.ID], argument: StoreArgument
    ) {
        self.file = file
        self.hash = hash
        self.schema = schema
        self.judgments = judgments
        self.argument = argument
    }

    private static let folder = "feedback-rows"

    private static func file(_ hash: String, _ home: URL) -> URL {
        home.appending(path: "\(folder)/\(hash).jsonl")
    }

    /// Writes the rows to a place of their own as well.
    public func copy(to output: URL) throws {
        try AtomicFile.write(to: output) { writer in
            try FileSystem.forEachChunk(of: file) { try writer.write($0) }
        }
    }

    /// Tells the store that a run learned from these rows, so that a withdrawal can name the run.
    public func recordUse(by run: URL, verb: String) throws {
        try FeedbackStore(at: argument.url).write(by: nil) {
            try $0.recordUse(
                run: run.path, verb: verb, schema: schema.rawValue, rowsHash: hash, judgments: judgments)
        }
    }
}

extension StoreReader {
    /// The judgments that any run used for rows of this hash, and whether each still counts.
    fileprivate func usedJudgments(
        rowsHash: String
    ) throws -> [(judgment: Judgment.ID, annotator: Annotator.ID, isActive: Bool)] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT DISTINCT judgments.id, judgments.annotator, status = 'active' AS is_active
                FROM uses JOIN used_judgments ON use = uses.id JOIN judgments ON judgments.id = judgment
                JOIN annotators ON annotators.id = judgments.annotator
                WHERE rows_hash = ? ORDER BY judgments.id
                """, arguments: [rowsHash]
        ).map { (try $0.value("id"), try $0.value("annotator"), try $0.value("is_active")) }
    }
}
