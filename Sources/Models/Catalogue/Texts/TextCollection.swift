import Files
import Foundation

/// How texts lie in a package: each becomes a text file of its own.
public enum TextCollection: Equatable, Sendable {
    /// Text files whose names end so.
    case plain(suffix: String)
    /// Vectors of lines in R's database of lazily loaded objects (`Rdata.rdb`).
    case lazyLoadDatabase
    /// A compressed module of the SWORD Project (zText, OSIS markup).
    case sword

    /// Writes the texts in `source` as `.txt` files into `folder`.
    func write(
        from source: URL, to folder: URL, progress: (_ done: Int, _ total: Int) throws -> Void
    ) throws {
        let texts = try texts(in: source)
        for (index, text) in texts.enumerated() {
            try Data((text.content + "\n").utf8).write(to: folder.appending(path: text.name + ".txt"))
            try progress(index + 1, texts.count)
        }
    }

    /// The texts by their names.
    /// - Throws: ``CatalogueError/memberMissing(_:wheel:)`` where there are none, and what reading a file throws.
    func texts(in folder: URL) throws -> [(name: String, content: String)] {
        let texts =
            switch self {
            case .plain(let suffix): try Self.plain(in: folder, suffix: suffix)
            case .lazyLoadDatabase:
                try LazyLoadDatabase(FileSystem.read(folder.appending(path: "Rdata.rdb"))).texts
            case .sword: try SwordModule(in: folder).texts
            }
        guard !texts.isEmpty else { throw CatalogueError.memberMissing("texts", wheel: folder) }
        return texts
    }

    private static func plain(in folder: URL, suffix: String) throws -> [(name: String, content: String)] {
        try FileSystem.contents(of: folder).filter { $0.lastPathComponent.hasSuffix(suffix) }.map { file in
            let text = String(decoding: try FileSystem.read(file), as: UTF8.self)
            return (
                String(file.lastPathComponent.dropLast(suffix.count)),
                text.replacing("\r\n", with: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
            )
        }
    }
}

/// Why texts cannot be taken out of what a package holds.
struct DamagedTexts: Error, CustomStringConvertible {
    let description: String
}

extension Inflater {
    /// The streams of the format that lie one behind the other in `bytes`, each after a header, whole.
    ///
    /// - Parameter limit: bytes that a stream may become.
    static func stream(
        _ format: Format, at start: Int, of bytes: [UInt8], limit: Int = 1 << 26
    ) throws -> (content: [UInt8], end: Int) {
        var (content, end) = ([UInt8](), start)
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        let inflater = try Inflater(format)
        repeat {
            let (consumed, produced) = try bytes[min(end, bytes.count)...].withUnsafeBytes { source in
                try piece.withUnsafeMutableBytes { try inflater.inflate(source, into: $0) }
            }
            content += piece[..<produced]
            end += consumed
            guard consumed + produced > 0 || inflater.isBetweenStreams, content.count <= limit else {
                throw DamagedTexts(description: "a compressed text is cut short, or larger than any text")
            }
        } while !inflater.isBetweenStreams
        return (content, end)
    }
}
