import Datasets
import Files
import Foundation
import Hashing
import JSON
import Models
import Runs
import Tokenization
import Training

/// Where text is kept once it is tokenized, by what it was made of: files, tokenizer and frame.
struct TextShards {
    let folder: URL
    let tokenizer: Tokenizer
    let frame: DocumentFrame
    let progress: ProgressDisplay

    /// - Parameter folder: nil: in Heed's own.
    init(folder: String?, tokenizer: Tokenizer, frame: DocumentFrame, progress: ProgressDisplay) {
        self.folder =
            folder.map { URL(fileURLWithPath: $0) } ?? CatalogueStore().home.appending(path: "shards")
        self.tokenizer = tokenizer
        self.frame = frame
        self.progress = progress
    }

    /// The tokens of some files, made where they are not there, and made again where they are damaged.
    func shard(of paths: [String]) throws -> TokenShard {
        let texts = try TextFiles(paths.map { URL(fileURLWithPath: $0) })
        if let note = texts.note { progress.note(note, onceAbout: note) }
        let origin = try origin(of: texts)
        let file = folder.appending(path: "\(origin.hexadecimal).tokens")
        if FileSystem.exists(file) {
            do {
                return try open(file, origin)
            } catch let error as DataError {
                progress.note("\(error.file): found \(error.found); the text is tokenized again")
            }
        }
        try FileSystem.createFolder(folder)
        let bar = progress.begin("tokenizing", total: try texts.byteCount(), unit: .bytes)
        try TokenShard.write(texts, to: file, origin: origin, tokenizer: tokenizer, frame: frame) {
            bar.update($0)
            try Interruption.check(.startsOver)
        }
        bar.finish()
        return try open(file, origin)
    }

    private func open(_ file: URL, _ origin: Data) throws -> TokenShard {
        try TokenShard(contentsOf: file, origin: origin, vocabularySize: tokenizer.vocabularySize)
    }

    private func origin(of texts: TextFiles) throws -> Data {
        var hash = SHA256()
        hash.update("text 2 \(frame.beginning) \(frame.end ?? -1)\n")
        hash.update(SHA256.hash(of: tokenizer.tokenizerJSON))
        // By its name the same bytes are a text, or rows with one each.
        for file in texts.files { hash.update("\(try ContentHash.sha256(of: file)) \(file.kind)\n") }
        return hash.finalize()
    }
}

extension URL {
    /// How a file is read, by its name: what it ends in, before `.gz`.
    fileprivate var kind: String {
        (pathExtension == "gz" ? deletingPathExtension() : self).pathExtension.lowercased()
    }
}

/// Rows of tokenized text, made when their turn comes.
final class ShardRows: RowSource {
    private(set) var lastRows: [Int] = []
    let report = PreparationReport()
    private let parts: [TokenRows]
    private var order: BatchOrder

    /// - Parameters:
    ///   - shares: of the parts in an epoch; nil: each has all its rows.
    ///   - seed: of the order of the rows in every epoch; nil: their own.
    init(
        _ parts: [TokenRows], shares: [Double]?, batchSize: Int, gradientAccumulationSteps: Int, seed: UInt64?
    ) {
        let counts = parts.map(\.count)
        self.parts = parts
        order = BatchOrder(
            shares.map { Mixture(rowCounts: counts, shares: $0) } ?? Mixture(rowCount: counts.reduce(0, +)),
            batchSize: batchSize, gradientAccumulationSteps: gradientAccumulationSteps, seed: seed)
    }

    /// Rows of an epoch.
    var rowsOfEpoch: Int { order.rowCount }

    func nextWindow() -> [[PackedSequence]] {
        let indices = order.nextWindow()
        lastRows = indices.flatMap { $0 }
        return indices.map { $0.map(row) }
    }

    func row(_ index: Int) -> PackedSequence {
        let (part, row) = place(index)
        return parts[part][row]
    }

    func place(ofRow index: Int) -> String {
        let (part, row) = place(index)
        let documents = parts[part][row].sources
        let named = documents.prefix(3).map { "\($0 + 1)" }.joined(separator: ", ")
        return (documents.count == 1 ? "document " : "documents ") + named
            + (documents.count > 3 ? ", …" : "") + (parts.count > 1 ? " of text \(part + 1)" : "")
    }

    private func place(_ index: Int) -> (part: Int, row: Int) {
        var row = index
        for (part, rows) in parts.enumerated() {
            if row < rows.count { return (part, row) }
            row -= rows.count
        }
        preconditionFailure("row \(index) of \(parts.map(\.count))")
    }

    var stepsPerEpoch: Int? { order.stepsPerEpoch }
    var epochsDone: Double { order.epochsDone }
    var cursor: BatchOrder.Cursor { order.cursor }
    func restore(_ cursor: BatchOrder.Cursor) -> Bool { order.restore(cursor) }
}
