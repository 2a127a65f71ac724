import Files
import Foundation
import GRDB
import Hashing
import JSON

/// How far a store's audit had come when a change was last acknowledged.
///
/// While somebody writes to a store, it is kept beside the file, as `feedback.sqlite-head`: what SQLite has not yet brought
/// from its log (`-wal`) into the file is lost without a word where the log is damaged, missing or of another file. Whoever
/// opens the store holds it against this.
struct AuditHead: Hashable, Sendable {
    let sequence: Int64
    let chain: Data

    static func file(of store: URL) -> URL { URL(fileURLWithPath: store.path + "-head") }

    init(sequence: Int64, chain: Data) {
        self.sequence = sequence
        self.chain = chain
    }

    /// Nil where there is none, and where it cannot be read.
    init?(beside store: URL) {
        guard let text = try? String(contentsOf: Self.file(of: store), encoding: .utf8) else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let sequence = Int64(words[0]), let chain = Self.bytes(words[1]) else {
            return nil
        }
        self.init(sequence: sequence, chain: chain)
    }

    private static func bytes(_ digits: Substring) -> Data? {
        let digits = Array(digits)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        return bytes.count == 32 ? Data(bytes) : nil
    }

    /// The last entry of the audit; nil for a store that has none yet.
    init?(in database: Database) throws {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT sequence, chain FROM audit ORDER BY sequence DESC LIMIT 1"))
        guard let row else { return nil }
        self.init(sequence: try row.value("sequence"), chain: try row.value("chain"))
    }

    /// Whether the audit has come as far, on the same way.
    func isIn(_ database: Database) throws -> Bool {
        try Data.fetchOne(database, sql: "SELECT chain FROM audit WHERE sequence = ?", arguments: [sequence])
            == chain
    }

    /// Without waiting for the disk: one that is behind the store does no harm, and it is never ahead of what is on the
    /// disk. For the same reason a failure is none.
    func write(beside store: URL) {
        let descriptor = open(Self.file(of: store).path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let number = String(sequence)
        let padding = String(repeating: " ", count: max(0, 20 - number.count))
        let line = Array("\(padding)\(number) \(chain.hexadecimal)\n".utf8)
        _ = pwrite(descriptor, line, line.count, 0)
    }

    static func remove(beside store: URL) { unlink(file(of: store).path) }
}
