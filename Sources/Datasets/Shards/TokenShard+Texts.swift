import Foundation
import Tokenization

/// The tokens around a document, by which a model learns where texts begin and end.
public struct DocumentFrame: Hashable, Sendable {
    /// Before every document.
    public let beginning: Int
    /// After every document; nil: nothing.
    public let end: Int?

    public init(beginning: Int, end: Int? = nil) {
        self.beginning = beginning
        self.end = end
    }
}

extension TokenShard {
    /// Writes the tokens of texts, each in its frame, with all cores; memory is bounded where texts can be cut. Special tokens
    /// that stand in a text are text.
    ///
    /// - Parameters:
    ///   - origin: 32 bytes that name texts, tokenizer and frame.
    ///   - progress: is given the bytes of text done; what it throws ends the work, and nothing is written.
    /// - Throws: `DataError` for what is no text.
    public static func write(
        _ texts: TextFiles, to file: URL, origin: Data, tokenizer: Tokenizer, frame: DocumentFrame,
        progress: (Int) throws -> Void = { _ in }
    ) throws {
        let writer = try TokenShardWriter(file, origin: origin, vocabularySize: tokenizer.vocabularySize)
        var waiting: [TextStretch] = []
        var (waitingBytes, doneBytes, isInDocument) = (0, 0, false)

        func endDocument() throws {
            if isInDocument, let end = frame.end { try writer.append([end], bytes: 0) }
            writer.endDocument()
            isInDocument = false
        }
        func writeWaiting() throws {
            let tokens = waiting.concurrentMap {
                tokenizer.encodeOrdinary(String(decoding: $0.bytes, as: UTF8.self))
            }
            for (stretch, tokens) in zip(waiting, tokens) {
                if stretch.beginsText { try endDocument() }
                // A text without a token is no document.
                if !isInDocument, !tokens.isEmpty {
                    try writer.append([frame.beginning], bytes: 0)
                    isInDocument = true
                }
                try writer.append(tokens, bytes: stretch.bytes.count)
            }
            doneBytes += waitingBytes
            (waiting, waitingBytes) = ([], 0)
            try progress(doneBytes)
        }

        try texts.forEachStretch(lastCut: tokenizer.lastCut) { stretch in
            waiting += stretch.cut(by: tokenizer)
            waitingBytes += stretch.bytes.count
            if waitingBytes >= waitingLimit { try writeWaiting() }
        }
        try writeWaiting()
        try endDocument()
        guard writer.hasDocuments else {
            throw DataError(
                file: texts.files.first?.relativePath ?? "", expected: "text", found: "none in any row",
                remedy: "name other files")
        }
        try writer.finish()
    }

    /// Text that is tokenized at once.
    private static let waitingLimit = 16 << 20
}

extension TextStretch {
    /// So much that handing it to a core costs little.
    private static let partBytes = 1 << 16

    /// In parts that cores can work on side by side.
    fileprivate func cut(by tokenizer: Tokenizer) -> [TextStretch] {
        var parts: [TextStretch] = []
        var start = 0
        while bytes.count - start > Self.partBytes {
            let window = bytes[start..<start + Self.partBytes]
            guard let cut = window.withUnsafeBufferPointer(tokenizer.lastCut), cut > 0 else { break }
            parts.append(
                TextStretch(bytes: Array(bytes[start..<start + cut]), beginsText: beginsText && start == 0))
            start += cut
        }
        parts.append(TextStretch(bytes: Array(bytes[start...]), beginsText: beginsText && start == 0))
        return parts
    }
}
