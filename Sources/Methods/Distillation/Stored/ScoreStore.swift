import Datasets
import Errors
import Files
import Foundation
import Runs
import Settings

/// What stands at the head of a store: everything that its numbers follow from.
struct ScoreHeader: Codable, Equatable {
    /// Of this layout of files.
    var format = 1
    /// The content hash of the teacher, and what it was called.
    let teacher: String
    let teacherName: String
    /// The hash of the vocabulary that ids are of, and its size.
    let tokenizer: String
    let vocabularySize: Int
    /// What logits were divided by.
    let temperature: Double
    /// Tokens of each position.
    let topK: Int

    enum CodingKeys: String, CodingKey {
        case format, teacher, tokenizer, temperature
        case teacherName = "teacher_name"
        case vocabularySize = "vocab_size"
        case topK = "top_k"
    }

    var layout: ScoreLayout { ScoreLayout(count: topK, vocabularySize: vocabularySize) }

    /// - Throws: `MalformedFile`.
    init(contentsOf file: URL) throws {
        self = try FileSystem.decode(ScoreHeader.self, from: file)
        guard format == 1, 1...100_000_000 ~= vocabularySize, 1...vocabularySize ~= topK, temperature > 0
        else {
            throw MalformedFile(
                file, expected: "format 1, with top_k from 1 to vocab_size and a temperature above 0",
                found: "format \(format), \(topK) of \(vocabularySize), temperature \(temperature)")
        }
    }

    init(
        teacher: String, teacherName: String, tokenizer: String, vocabularySize: Int, temperature: Double,
        topK: Int
    ) {
        (self.teacher, self.teacherName, self.tokenizer) = (teacher, teacherName, tokenizer)
        (self.vocabularySize, self.temperature, self.topK) = (vocabularySize, temperature, topK)
    }
}

/// Scores of a teacher in a folder: `header.json`, and `scores.bin`, which grows by a record a row.
///
/// A row is found by the hash of its tokens, whatever file it stands in. A record that a killed process left torn is cut off.
final class ScoreStore {
    let folder: URL
    let header: ScoreHeader
    private let file: AppendableFile
    /// Held until nothing more is written.
    private var lock: FileLock?
    /// Where the record of each row is, by the row's hash.
    private var places: [String: Range<Int>] = [:]
    private(set) var positions = 0

    static let headerName = "header.json"
    static let scoresName = "scores.bin"
    /// Length of what follows and its checksum, the row's hash in hexadecimal.
    private static let prefixLength = 8
    private static let keyLength = 64

    /// Opens the store, or makes it where the folder is not there or empty.
    ///
    /// - Parameter wanted: what a new one says of itself; nil where it must be there.
    /// - Throws: `InvalidSetting` where there is none and none can be made, `FileError` where another process writes to it.
    init(_ folder: URL, new wanted: ScoreHeader?) throws {
        self.folder = folder
        let headerFile = folder.appending(path: Self.headerName)
        if FileSystem.exists(headerFile) {
            header = try ScoreHeader(contentsOf: headerFile)
        } else {
            guard let wanted else {
                throw InvalidSetting(
                    "teacher_scores",
                    expected: "a folder of scores, or a teacher to make it by (--teacher MODEL)",
                    found: "\(folder.path), which has no \(Self.headerName)")
            }
            if let other = FileSystem.isFolder(folder)
                ? try FileSystem.contents(of: folder).first(where: { !$0.lastPathComponent.hasPrefix(".") })
                : nil
            {
                throw InvalidSetting(
                    "teacher_scores", expected: "a folder of scores, or a new one",
                    found: "\(folder.path), where \(other.lastPathComponent) lies")
            }
            try FileSystem.createFolder(folder)
            try AtomicFile.write(encoding: wanted, to: headerFile)
            header = wanted
        }
        lock = try FileLock(at: folder.appending(path: ".lock"), for: folder)
        file = try AppendableFile(folder.appending(path: Self.scoresName))
        try findRecords()
    }

    // MARK: Reading

    var rowCount: Int { places.count }
    var byteCount: Int { get throws { try file.byteCount } }

    func holds(_ row: DistillationRow) -> Bool { places[row.scoreKey] != nil }

    /// - Throws: `DamagedScores`.
    func scores(of row: DistillationRow) throws -> ScoreRecord {
        guard let place = places[row.scoreKey] else { preconditionFailure("a row that was not scored") }
        let bytes = try file.bytes(place)
        guard let record = try? Self.record(bytes, header.layout), record.positions == row.countedTokens
        else {
            throw DamagedScores(folder: folder, offset: place.lowerBound)
        }
        return record
    }

    /// The scores in a whole record, checked by its checksum.
    static func record(_ bytes: [UInt8], _ layout: ScoreLayout) throws -> ScoreRecord {
        guard bytes.count >= prefixLength + keyLength else {
            throw ScoreRecord.Malformed(description: "\(bytes.count) bytes")
        }
        let payload = bytes[prefixLength...]
        guard checksum(of: payload) == integer(bytes, at: 4) else {
            throw ScoreRecord.Malformed(description: "another checksum")
        }
        return try ScoreRecord(payload.dropFirst(keyLength), layout)
    }

    /// Goes from record to record by their lengths. What the end of the file cuts short, or what was written last and is not
    /// what its checksum says, is cut off.
    ///
    /// - Throws: `DamagedScores` for a record before the last one that is not what was written: nothing is added behind it.
    private func findRecords() throws {
        let end = try file.byteCount
        var start = 0
        while start + Self.prefixLength + Self.keyLength <= end {
            let head = try file.bytes(start..<start + Self.prefixLength + Self.keyLength)
            let next = start + Self.prefixLength + Int(Self.integer(head, at: 0))
            guard next <= end, next > start + Self.prefixLength + Self.keyLength else { break }
            guard (try? Self.record(file.bytes(start..<next), header.layout)) != nil else {
                guard next == end else { throw DamagedScores(folder: folder, offset: start) }
                break
            }
            places[String(decoding: head[Self.prefixLength...], as: UTF8.self)] = start..<next
            positions += Self.positions(ofByteCount: next - start, header.layout)
            start = next
        }
        if start < end { try file.truncate(to: start) }
    }

    private static func positions(ofByteCount count: Int, _ layout: ScoreLayout) -> Int {
        let bits = (count - prefixLength - keyLength - 4) * 8
        return max(0, bits / (8 * (4 + 2 * layout.count) + layout.count * layout.idBits))
    }

    // MARK: Writing

    func append(_ record: ScoreRecord, of row: DistillationRow) throws {
        let key = row.scoreKey
        let payload = Array(key.utf8) + record.bytes(header.layout)
        var bytes: [UInt8] = []
        for number in [UInt32(payload.count), Self.checksum(of: payload[...])] {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        let start = try file.byteCount
        try file.append(bytes + payload)
        places[key] = start..<start + bytes.count + payload.count
        positions += record.positions
    }

    /// Waits for the disk, and lets other processes write.
    func finishWriting() throws {
        try file.synchronize()
        lock = nil
    }

    private static func checksum(of bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum = CRC32()
        bytes.withUnsafeBytes { sum.update($0) }
        return sum.value
    }

    private static func integer(_ bytes: [UInt8], at place: Int) -> UInt32 {
        bytes.withUnsafeBytes {
            UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt32.self))
        }
    }
}

/// A record that is not what was written.
struct DamagedScores: CategorizedError, CustomStringConvertible {
    let folder: URL
    let offset: Int

    var category: ErrorCategory { .badData }

    var description: String {
        "\(folder.appending(path: ScoreStore.scoresName).path): byte \(offset): expected the scores of a row, found bytes that "
            + "were not written so; remove the folder, and have the teacher score again"
    }
}

extension DistillationRow {
    /// The hash of its tokens and of which of them are scored.
    var scoreKey: String {
        var content = Data()
        for (token, counts) in zip(sequence.tokens, sequence.counts) {
            withUnsafeBytes(of: Int32(token << 1 | (counts ? 1 : 0)).littleEndian) {
                content.append(contentsOf: $0)
            }
        }
        return ContentHash.sha256(of: content)
    }
}
