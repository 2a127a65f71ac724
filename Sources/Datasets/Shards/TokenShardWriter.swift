import Files
import Foundation
import Hashing
import Tokenization

/// Writes a ``TokenShard``, whole or not at all.
final class TokenShardWriter {
    private let file: AtomicFile
    private let width: Int
    private let origin: Data
    /// Until the file is finished.
    private var digest: SHA256? = SHA256()
    private var tokenCount = 0
    private var byteCount = 0
    private var ends: [Int] = []

    init(_ url: URL, origin: Data, vocabularySize: Int) throws {
        precondition(origin.count == TokenShard.Footer.originSize, "an origin of \(origin.count) bytes")
        file = try AtomicFile(url)
        width = TokenShard.Footer.width(vocabularySize: vocabularySize)
        self.origin = origin
    }

    /// Adds tokens to the document that is being written.
    /// - Parameter bytes: of the text that they stand for.
    func append(_ tokens: [Int], bytes: Int) throws {
        var data = Data(capacity: tokens.count * width)
        for token in tokens {
            withUnsafeBytes(of: UInt32(token).littleEndian) { data.append(contentsOf: $0.prefix(width)) }
        }
        try write(data)
        tokenCount += tokens.count
        byteCount += bytes
    }

    var hasDocuments: Bool { !ends.isEmpty }

    /// Ends the document that is being written; one without tokens is none.
    func endDocument() {
        if tokenCount > ends.last ?? 0 { ends.append(tokenCount) }
    }

    func finish() throws {
        let padding = (8 - tokenCount * width % 8) % 8
        try write(Data(count: padding))
        for slice in stride(from: 0, to: ends.count, by: 1 << 16) {
            var data = Data()
            for end in ends[slice..<min(slice + 1 << 16, ends.count)] {
                withUnsafeBytes(of: UInt64(end).littleEndian) { data.append(contentsOf: $0) }
            }
            try write(data)
        }
        let footer = TokenShard.Footer(
            width: width, tokenCount: tokenCount, documentCount: ends.count, byteCount: byteCount,
            origin: origin)
        try write(footer.encoded)
        guard let digest = digest.take() else { preconditionFailure("the shard is finished already") }
        try file.write(digest.finalize())
        try file.putInPlace()
    }

    private func write(_ data: Data) throws {
        digest?.update(data)
        try file.write(data)
    }
}
