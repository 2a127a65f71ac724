import Synchronization

/// The way from text to tokens: added tokens are found, what lies between them is normalized, cut into words, and the
/// words into tokens.
///
/// A class, since it is captured by closures in every call and would otherwise be copied there, field by field.
final class TextEncoder: Sendable {
    private let rawMatcher: AddedTokenMatcher
    private let normalizer: TextNormalizer
    private let normalizedMatcher: AddedTokenMatcher
    private let preTokenizer: PreTokenizer
    private let model: BytePairModel
    private let recognisesTokensInText: Bool
    /// One for each thread that is encoding, with the words it has met.
    private let idleWorkspaces = Mutex<[BytePairModel.Workspace]>([])

    init(
        addedTokens: [AddedToken], normalizer: TextNormalizer, preTokenizer: PreTokenizer,
        model: BytePairModel
    ) {
        recognisesTokensInText = addedTokens.contains { !$0.isSpecial }
        rawMatcher = AddedTokenMatcher(addedTokens.filter { !$0.isNormalized }.map { ($0.content, $0) })
        self.normalizer = normalizer
        normalizedMatcher = AddedTokenMatcher(
            addedTokens.filter(\.isNormalized).map { (normalizer.normalized($0.content), $0) })
        self.preTokenizer = preTokenizer
        self.model = model
    }

    /// Ranges count the bytes of the text; inside a stretch that normalization changes, those of the changed stretch.
    func encode(_ text: String, recognisingSpecialTokens: Bool, recordingRanges: Bool = false) -> Encoding {
        var text = text
        return text.withUTF8 { text in
            var workspace = idleWorkspaces.withLock { $0.popLast() } ?? BytePairModel.Workspace()
            // Text rarely has more than one token in three bytes.
            var encoding = Encoding(recordsRanges: recordingRanges, minimumCapacity: text.count / 3)
            rawMatcher.forEachSegment(of: text, recognisingSpecialTokens: recognisingSpecialTokens) {
                segment in
                switch segment {
                case .token(let token, let range):
                    encoding.append(token.id, range)
                case .text(let range):
                    normalizer.withNormalized(text.slice(range)) { text in
                        encode(
                            text, startingAt: range.lowerBound,
                            recognisingSpecialTokens: recognisingSpecialTokens,
                            with: &workspace, into: &encoding)
                    }
                }
            }
            idleWorkspaces.withLock { $0.append(workspace) }
            return encoding
        }
    }

    /// The tokens of a text in which only special tokens without the seal inside are control; the seal is no text.
    func encode(_ text: String, sealedBy seal: Unicode.Scalar) -> [Int] {
        var (text, ids) = (text, [Int]())
        text.withUTF8 { text in
            rawMatcher.forEachSegment(of: text, recognisingSpecialTokens: true) { segment in
                switch segment {
                case .token(let token, _): ids.append(token.id)
                case .text(let range):
                    var plain = String(decoding: text.slice(range), as: UTF8.self).unicodeScalars
                    plain.removeAll { $0 == seal }
                    ids += encode(String(plain), recognisingSpecialTokens: false).ids
                }
            }
        }
        return ids
    }

    /// See `Tokenizer.lastCut(in:)`. A part would get a blank of its own, and a token that is recognised in text may have any
    /// place in it.
    func lastCut(in text: Bytes) -> Int? {
        guard preTokenizer.prefixBlank == .none, !recognisesTokensInText else { return nil }
        return preTokenizer.lastCut(in: text)
    }

    /// Text in the form in which its ranges are recorded.
    func normalized(_ text: String) -> String { normalizer.normalized(text) }

    private func encode(
        _ text: Bytes, startingAt start: Int, recognisingSpecialTokens: Bool,
        with workspace: inout BytePairModel.Workspace, into encoding: inout Encoding
    ) {
        normalizedMatcher.forEachSegment(of: text, recognisingSpecialTokens: recognisingSpecialTokens) {
            segment in
            switch segment {
            case .token(let token, let range):
                encoding.append(token.id, start + range.lowerBound..<start + range.upperBound)
            case .text(let range):
                encoding.origin = start + range.lowerBound
                preTokenizer.withPrefixBlank(text.slice(range), isStart: encoding.origin == 0) {
                    text, blankCount in
                    preTokenizer.forEachPiece(of: text) { piece in
                        model.encode(
                            text.slice(piece), startingAt: encoding.origin - blankCount + piece.lowerBound,
                            with: &workspace, into: &encoding)
                    }
                }
            }
        }
    }
}

/// The tokens of a text and, if asked for, the bytes of the text that each one covers.
struct Encoding {
    private(set) var ids: [Int] = []
    private(set) var ranges: [Range<Int>] = []
    let recordsRanges: Bool
    /// Where the stretch that is being encoded begins: a blank that is put before it covers nothing.
    var origin = 0

    init(recordsRanges: Bool, minimumCapacity: Int) {
        self.recordsRanges = recordsRanges
        ids.reserveCapacity(minimumCapacity)
    }

    @inline(__always)
    mutating func append(_ id: Int, _ range: Range<Int>) {
        ids.append(id)
        if recordsRanges { ranges.append(max(range.lowerBound, origin)..<max(range.upperBound, origin)) }
    }

    /// Adds tokens whose ranges nobody asked for.
    @inline(__always)
    mutating func append(_ tokens: UnsafeBufferPointer<UInt32>) {
        for token in tokens { ids.append(Int(token)) }
    }
}
