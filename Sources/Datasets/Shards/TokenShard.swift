import Foundation
import Hashing

/// Texts as token ids in one file, which is mapped into memory rather than read into it.
///
/// The file, little-endian: the ids, two bytes each where the vocabulary allows and else four; zero bytes up to a multiple
/// of eight; where each document ends, in ids, eight bytes each; and a footer of 104 bytes: `HEEDTOK1`, the width of an id,
/// the numbers of ids, of documents and of bytes of text, 32 bytes of what the shard was made of, and the SHA-256 of all
/// before. Nobody may write to it while it is used.
public struct TokenShard: Sendable {
    /// How many ids there are, the tokens between documents included.
    public let tokenCount: Int
    public let documentCount: Int
    /// Of the texts in UTF-8.
    public let byteCount: Int
    private let bytes: Data
    private let footer: Footer

    /// - Parameters:
    ///   - origin: 32 bytes that name what it was made of; nil: of anything.
    ///   - vocabularySize: no id may be as large.
    /// - Throws: `DataError` where the file is no whole shard of that origin.
    public init(contentsOf file: URL, origin: Data? = nil, vocabularySize: Int) throws {
        func refuse(_ found: String) -> DataError {
            DataError(
                file: file.relativePath, expected: "a shard of tokens as Heed wrote it", found: found,
                remedy: "remove the file, and it is made again")
        }
        let bytes = try Data(contentsOf: file, options: .alwaysMapped)
        guard let footer = Footer(endOf: bytes) else { throw refuse("a file without its end") }
        guard let size = footer.bodySize, size + Footer.size == bytes.count else {
            throw refuse("\(bytes.count) bytes, which its end contradicts")
        }
        guard SHA256.hash(of: bytes.prefix(bytes.count - Footer.digestSize)) == footer.digest else {
            throw refuse("other bytes than were written")
        }
        guard origin == nil || origin == footer.origin else { throw refuse("tokens of other text") }
        self.bytes = bytes
        self.footer = footer
        (tokenCount, documentCount, byteCount) = (footer.tokenCount, footer.documentCount, footer.byteCount)
        guard hasPlausibleDocuments else { throw refuse("documents that overlap") }
        if let id = tokens(0..<tokenCount, first: { $0 >= vocabularySize }) {
            throw refuse("the id \(id), of a vocabulary of \(vocabularySize)")
        }
    }

    /// Where a document ends and the next begins, in ids.
    public func end(ofDocument index: Int) -> Int {
        precondition(index < documentCount, "document \(index) of \(documentCount)")
        return Int(clamping: bytes.word(at: footer.documentsOffset + 8 * index))
    }

    /// Where a document begins, in ids.
    public func start(ofDocument index: Int) -> Int { index == 0 ? 0 : end(ofDocument: index - 1) }

    public func tokens(_ range: Range<Int>) -> [Int] {
        precondition(range.upperBound <= tokenCount, "tokens \(range) of \(tokenCount)")
        return bytes.withUnsafeBytes { bytes in range.map { footer.token($0, in: bytes) } }
    }

    private func tokens(_ range: Range<Int>, first isWanted: (Int) -> Bool) -> Int? {
        bytes.withUnsafeBytes { bytes in
            for index in range {
                let token = footer.token(index, in: bytes)
                if isWanted(token) { return token }
            }
            return nil
        }
    }

    /// Whether every document has a token, and all of them together have all.
    private var hasPlausibleDocuments: Bool {
        var last = 0
        for index in 0..<documentCount {
            let end = end(ofDocument: index)
            guard end > last, end <= tokenCount else { return false }
            last = end
        }
        return last == tokenCount && tokenCount > 0
    }
}

extension TokenShard {
    /// The end of the file.
    struct Footer {
        static let mark = Data("HEEDTOK1".utf8)
        static let originSize = 32
        static let digestSize = 32
        static let size = 8 + 4 * 8 + originSize + digestSize

        /// Bytes of an id.
        let width: Int
        let tokenCount: Int
        let documentCount: Int
        let byteCount: Int
        let origin: Data
        /// Of all before.
        var digest = Data()

        /// - Parameter vocabularySize: of the ids that are to be written.
        static func width(vocabularySize: Int) -> Int { vocabularySize <= 1 << 16 ? 2 : 4 }

        /// The ids, rounded up to whole words.
        var documentsOffset: Int { (tokenCount * width + 7) / 8 * 8 }

        /// Of the file without its footer; nil where the numbers are those of no file.
        var bodySize: Int? {
            let limit = 1 << 48
            guard [2, 4].contains(width),
                [tokenCount, documentCount, byteCount].allSatisfy({ 0..<limit ~= $0 })
            else { return nil }
            return documentsOffset + 8 * documentCount
        }

        func token(_ index: Int, in bytes: UnsafeRawBufferPointer) -> Int {
            width == 2
                ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
                : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
        }

        /// Without the digest.
        var encoded: Data {
            var data = Self.mark
            for number in [width, tokenCount, documentCount, byteCount] {
                withUnsafeBytes(of: UInt64(number).littleEndian) { data.append(contentsOf: $0) }
            }
            return data + origin
        }
    }
}

extension TokenShard.Footer {
    /// Nil where a file does not end so.
    fileprivate init?(endOf file: Data) {
        guard file.count >= Self.size else { return nil }
        let start = file.count - Self.size
        guard file[start..<start + 8] == Self.mark else { return nil }
        let numbers = (0..<4).map { Int(exactly: file.word(at: start + 8 + 8 * $0)) ?? -1 }
        self.init(
            width: numbers[0], tokenCount: numbers[1], documentCount: numbers[2], byteCount: numbers[3],
            origin: file[(start + 40)..<(start + 40 + Self.originSize)],
            digest: file.suffix(Self.digestSize))
    }
}

extension Data {
    fileprivate func word(at offset: Int) -> UInt64 {
        withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }
}
