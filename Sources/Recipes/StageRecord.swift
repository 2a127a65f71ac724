import Files
import Foundation
import Runs

/// That a stage has finished, and what it was: `OUT/.stages/NAME.json`.
struct StageRecord: Codable {
    let verb: String
    let fingerprint: Fingerprint
    let output: String
    let seconds: Double
    /// The most bytes that the process had in memory meanwhile; nil where the system does not tell.
    var peakMemory: Int?
    /// What the verb said when it was done.
    let lines: [String]
    var version = Heed.version

    private enum CodingKeys: String, CodingKey {
        case verb, fingerprint, output, seconds, lines, version
        case peakMemory = "peak_memory"
    }
}

/// The records of a recipe's stages, held for this process alone.
struct StageRecords {
    private let folder: URL
    private let lock: FileLock

    /// - Throws: `FileError.inUse` where another process runs the recipe.
    init(in output: String) throws {
        folder = URL(fileURLWithPath: output).appendingPathComponent(".stages")
        try FileSystem.createFolder(folder)
        lock = try FileLock(at: folder.appendingPathComponent(".lock"), for: URL(fileURLWithPath: output))
    }

    /// Nil for a stage that has not finished. A record that cannot be read is as good as none.
    subscript(stage: String) -> StageRecord? {
        (try? FileSystem.read(file(of: stage))).flatMap {
            try? JSONDecoder().decode(StageRecord.self, from: $0)
        }
    }

    func write(_ record: StageRecord, of stage: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try FileSystem.createFolder(file(of: stage).deletingLastPathComponent())
        try AtomicFile.write(encoder.encode(record), to: file(of: stage))
    }

    /// Before the output changes: a record must never lie beside half of another result.
    func remove(_ stage: String) throws {
        if FileSystem.exists(file(of: stage)) { try FileSystem.remove(file(of: stage)) }
    }

    private func file(of stage: String) -> URL { folder.appendingPathComponent("\(stage).json") }
}
