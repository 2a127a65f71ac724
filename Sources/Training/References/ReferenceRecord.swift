import Checkpoints
import Files
import Foundation
import LanguageModels
import Models
import Runs
import Torch

/// Reference log-probabilities on disk, in a file named after what they follow from: the reference, the precision and the
/// tokens of the rows. What was measured once serves every later run on the same rows.
struct ReferenceRecord<Row: PromptedRow> {
    let file: URL
    private let rows: [Row]

    /// - Parameters:
    ///   - reference: the content hash of the reference policy.
    ///   - folder: where such files are kept.
    init(of rows: [Row], reference: String, precision: Precision, in folder: URL) {
        self.rows = rows
        var content = Data("\(reference) \(precision.rawValue)\n".utf8)
        for row in rows {
            let (prefix, continuations) = row.family
            for tokens in [prefix] + continuations {
                ([tokens.count] + tokens).map { Int32(truncatingIfNeeded: $0).littleEndian }
                    .withUnsafeBytes { content.append(contentsOf: $0) }
            }
        }
        file = folder.appending(path: "\(ContentHash.sha256(of: content)).safetensors")
    }

    /// Why a file is not used.
    struct Damaged: Error, CustomStringConvertible {
        let file: URL
        let what: String

        var description: String { "\(file.path): damaged (\(what)); measured again" }
    }

    /// What is on disk; nil where nothing is.
    ///
    /// - Throws: `Damaged` for a file that is not what was written.
    func read() throws -> [Row: [Float]]? {
        guard FileSystem.exists(file) else { return nil }
        let values: [Float]
        do {
            let stored = try SafetensorsFile(file)
            let hash = try stored.withBytes(of: Self.name) { ContentHash.sha256(of: Data($0)) }
            guard hash == stored.metadata[Self.hashKey] else {
                throw Damaged(file: file, what: "its numbers are not those of its hash")
            }
            values = try TensorFile.read(file)[Self.name]?.floats() ?? []
        } catch let error as CheckpointError {
            throw Damaged(file: file, what: "\(error)")
        }
        guard values.count == rows.reduce(0, { $0 + $1.scoredTokens }) else {
            throw Damaged(file: file, what: "\(values.count) numbers")
        }
        var remaining = values[...]
        return rows.reduce(into: [:]) { record, row in
            record[row] = Array(remaining.prefix(row.scoredTokens))
            remaining = remaining.dropFirst(row.scoredTokens)
        }
    }

    func write(_ record: [Row: [Float]]) throws {
        let values = rows.flatMap { record[$0] ?? [] }
        let hash = values.withUnsafeBytes { ContentHash.sha256(of: Data($0)) }
        try FileSystem.createFolder(file.deletingLastPathComponent())
        try TensorFile.write(
            [NamedTensor(name: Self.name, tensor: Tensor(values))], to: file,
            metadata: ["format": "pt", Self.hashKey: hash])
    }

    private static var name: String { "log_probabilities" }
    private static var hashKey: String { "sha256" }
}

extension ReferenceLogProbabilities {
    /// The scores of all `rows` as numbers, read from disk or measured and written there.
    func recorded(
        for rows: [Row], batchSize: Int, identity: String, on computation: Computation
    ) throws -> ReferenceLogProbabilities {
        let rows = rows.reduce(into: (seen: Set<Row>(), unique: [Row]())) { result, row in
            if result.seen.insert(row).inserted { result.unique.append(row) }
        }.unique
        let record = ReferenceRecord(
            of: rows, reference: identity, precision: computation.precision,
            in: HomeFolder.url().appending(path: "reference-scores"))
        do {
            if let known = try record.read() {
                computation.progress.note("reference log-probabilities of \(record.file.path)")
                return ReferenceLogProbabilities(record: known)
            }
        } catch let error as ReferenceRecord<Row>.Damaged {
            computation.progress.note(error.description)
        }
        let bar = computation.progress.begin("reference log-probabilities", total: rows.count)
        var measured: [Row: [Float]] = [:]
        for batch in rows.chunked(batchSize) {
            try Interruption.check(.startsOver)
            for (row, values) in zip(batch, logProbabilities(of: Array(batch))) { measured[row] = values }
            bar.update(measured.count)
        }
        bar.finish()
        try record.write(measured)
        return ReferenceLogProbabilities(record: measured)
    }
}
