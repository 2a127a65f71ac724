/// The tokens of words met before. Text repeats its words, so most of encoding is looking them up here.
struct WordCache: Sendable {
    /// Longer words hardly ever come back.
    static let longestWord = 64

    private let maximumCount: Int
    private var words = ByteStringTable()
    private var tokens: [UInt32] = []
    private var ends: [UInt32] = []

    init(maximumCount: Int = 1 << 17) { self.maximumCount = maximumCount }

    /// The tokens of a word, if it is known.
    @inline(__always)
    func withTokens(of word: Bytes, _ body: (UnsafeBufferPointer<UInt32>) -> Void) -> Bool {
        guard word.count <= Self.longestWord, let index = words.index(of: word) else { return false }
        let start = index == 0 ? 0 : Int(ends[index - 1])
        tokens.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start..<Int(ends[index])])) }
        return true
    }

    /// Remembers a word that is not known yet. A full cache starts over, to follow the current text.
    mutating func insert(_ word: Bytes, tokens newTokens: [UInt32]) {
        guard word.count <= Self.longestWord else { return }
        if words.count == maximumCount {
            words.removeAll()
            tokens.removeAll(keepingCapacity: true)
            ends.removeAll(keepingCapacity: true)
        }
        words.insert(word)
        tokens.append(contentsOf: newTokens)
        ends.append(UInt32(tokens.count))
    }
}
