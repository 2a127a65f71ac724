/// Turns words into tokens.
struct BytePairModel: Sendable {
    private let vocabulary: Vocabulary
    private let merges: MergeTable
    private let ignoresMerges: Bool
    private let spelling: TokenSpelling
    /// The token of each single byte. Where the vocabulary has none: its unknown token or, without one, `dropped`.
    private let byteTokens: [UInt32]
    /// The token of each character of one byte, where tokens are pieces.
    private let characterTokens: [UInt32]
    private static let dropped = UInt32.max

    /// What encoding needs besides the model; kept from text to text.
    struct Workspace: Sendable {
        fileprivate var cache = WordCache()
        fileprivate var merger = WordMerger()
    }

    init(_ description: ModelDescription, vocabulary: Vocabulary, file: String) throws {
        self.vocabulary = vocabulary
        ignoresMerges = description.ignoresMerges
        spelling = description.spelling
        var unknown: Int?
        if let token = description.unknownToken, !token.isEmpty {
            unknown = vocabulary.id(of: token)
            if unknown == nil {
                throw TokenizerError.unknownSpecialToken(file: file, text: token)
            }
        }
        let isBytes = description.spelling == .bytes
        let byteTokens = (UInt8.min...UInt8.max).map { byte in
            let id =
                isBytes
                ? vocabulary.id(of: ByteAlphabet.spelling(of: [byte])) ?? unknown
                : vocabulary.id(of: TokenSpelling.piece(of: byte))
            return id.map(UInt32.init) ?? Self.dropped
        }
        if !isBytes, let byte = byteTokens.firstIndex(of: Self.dropped) {
            throw TokenizerError.malformed(
                file: file, place: "model.vocab", expected: "a token for every byte, as byte_fallback says",
                found: "none called \"\(TokenSpelling.piece(of: UInt8(byte)))\"")
        }
        self.byteTokens = byteTokens
        characterTokens =
            isBytes
            ? byteTokens
            : (UInt8.min...UInt8.max).map { byte in
                let character = byte == UInt8(ascii: " ") ? TokenSpelling.blankBytes : [byte]
                return vocabulary.id(of: character).map(UInt32.init) ?? byteTokens[Int(byte)]
            }
        merges = MergeTable(
            try description.merges.map { left, right in
                guard let leftID = vocabulary.id(of: left), let rightID = vocabulary.id(of: right),
                    let result = vocabulary.id(of: left + right)
                else {
                    throw TokenizerError.malformed(
                        file: file, place: "model.merges",
                        expected: "merges whose parts and result are in the vocabulary",
                        found: "\"\(left) \(right)\", which is not")
                }
                return (UInt32(leftID), UInt32(rightID), UInt32(result))
            })
    }

    /// Adds the tokens of a word, which begins at `start` in the text.
    func encode(
        _ word: Bytes, startingAt start: Int, with workspace: inout Workspace, into encoding: inout Encoding
    ) {
        if word.count == 1 {
            let token = characterTokens[Int(word[0])]
            if token != Self.dropped { encoding.append(Int(token), start..<start + 1) }
            return
        }
        let isKnown = workspace.cache.withTokens(of: word) {
            append($0, of: word, startingAt: start, into: &encoding)
        }
        if isKnown { return }
        findTokens(of: word, with: &workspace.merger)
        workspace.merger.symbols.withUnsafeBufferPointer {
            append($0, of: word, startingAt: start, into: &encoding)
        }
        workspace.cache.insert(word, tokens: workspace.merger.symbols)
    }

    private func findTokens(of word: Bytes, with merger: inout WordMerger) {
        merger.symbols.removeAll(keepingCapacity: true)
        if ignoresMerges, let id = vocabulary.id(of: ByteAlphabet.spelling(of: word)) {
            merger.symbols.append(UInt32(id))
            return
        }
        switch spelling {
        case .bytes:
            for byte in word where byteTokens[Int(byte)] != Self.dropped {
                merger.symbols.append(byteTokens[Int(byte)])
            }
        case .pieces: appendCharacters(of: word, to: &merger.symbols)
        }
        merger.merge(by: merges)
    }

    private func appendCharacters(of word: Bytes, to symbols: inout [UInt32]) {
        var start = 0
        while start < word.count {
            guard word[start] >= 0x80 else {
                symbols.append(characterTokens[Int(word[start])])
                start += 1
                continue
            }
            var end = start + 1
            while end < word.count, UTF8.isContinuation(word[end]) { end += 1 }
            if let id = vocabulary.id(of: word.slice(start..<end)) {
                symbols.append(UInt32(id))
            } else {
                for byte in word.slice(start..<end) { symbols.append(byteTokens[Int(byte)]) }
            }
            start = end
        }
    }

    @inline(__always)
    private func append(
        _ tokens: UnsafeBufferPointer<UInt32>, of word: Bytes, startingAt start: Int,
        into encoding: inout Encoding
    ) {
        guard encoding.recordsRanges else { return encoding.append(tokens) }
        var offset = start
        for token in tokens {
            let end = min(offset + vocabulary.content(of: Int(token)).count, start + word.count)
            encoding.append(Int(token), offset..<end)
            offset = end
        }
    }
}
