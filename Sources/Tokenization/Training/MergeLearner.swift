/// Learns merges from words (Gage 1994; Sennrich, Haddow and Birch, "Neural machine translation of rare words with subword
/// units", 2016, algorithm 1): again and again the pair of neighbours that occurs most often becomes a token.
///
/// The choices and their order are those of `BpeTrainer` in Hugging Face's `tokenizers`, but counts do not overflow.
struct MergeLearner {
    /// Each word's tokens; merging shortens it in place.
    private var symbols: [UInt32] = []
    private var ranges: [Range<Int>] = []
    private let counts: [Int]

    private var pairs = PairCounts()
    private var queue = MergeQueue()
    private var wordLists: [[UInt32]] = []
    /// Lists that grow, of pairs that the current merge forms, by the pair's number; and those pairs in order.
    private var openLists: [Int32] = []
    private var openPairs: [Int] = []

    /// Only tokens of fewer bytes are formed.
    private let lengthLimit: Int
    /// By id, in bytes.
    private var tokenLengths: [Int]

    /// - Parameters:
    ///   - byteTokens: the id of each byte.
    ///   - tokenLengths: of the tokens that there are, in bytes.
    init(_ words: WordCounts, byteTokens: [UInt32], tokenLengths: [Int], lengthLimit: Int?) {
        counts = words.counts
        self.tokenLengths = tokenLengths
        self.lengthLimit = lengthLimit ?? .max
        symbols.reserveCapacity(words.words.byteCount)
        for number in counts.indices {
            let start = symbols.count
            symbols.append(contentsOf: words.words.string(at: number).lazy.map { byteTokens[Int($0)] })
            ranges.append(start..<symbols.count)
        }
        for (word, range) in ranges.enumerated() where range.count > 1 {
            for index in range.dropLast() {
                form(PairCounts.pair(symbols[index], symbols[index + 1]), in: word)
            }
        }
        enqueueFormed()
    }

    /// The most frequent pair, where it occurs at least `minimumCount` times.
    mutating func next(minimumCount: Int) -> MergeCandidate? {
        while var candidate = queue.pop() {
            let count = pairs.counts[candidate.pairNumber]
            if candidate.count == count { return count >= max(minimumCount, 1) ? candidate : nil }
            candidate.count = count
            queue.push(candidate)
        }
        return nil
    }

    /// Makes one token of the pair wherever it occurs.
    mutating func merge(_ candidate: MergeCandidate, into token: UInt32, length: Int) {
        if Int(token) == tokenLengths.count { tokenLengths.append(length) }
        let left = UInt32(truncatingIfNeeded: candidate.pair >> 32)
        let right = UInt32(truncatingIfNeeded: candidate.pair)
        for word in wordLists[candidate.wordList] { merge(left, right, into: token, in: Int(word)) }
        wordLists[candidate.wordList] = []
        enqueueFormed()
    }

    private mutating func merge(_ left: UInt32, _ right: UInt32, into token: UInt32, in word: Int) {
        let range = ranges[word]
        let length = tokenLengths[Int(token)]
        let count = counts[word]
        var write = range.lowerBound
        var read = range.lowerBound
        while read < range.upperBound {
            guard symbols[read] == left, read + 1 < range.upperBound, symbols[read + 1] == right else {
                symbols[write] = symbols[read]
                write += 1
                read += 1
                continue
            }
            if write > range.lowerBound {
                let before = symbols[write - 1]
                _ = pairs.add(PairCounts.pair(before, left), times: -count)
                if tokenLengths[Int(before)] + length < lengthLimit {
                    form(PairCounts.pair(before, token), in: word)
                }
            }
            symbols[write] = token
            write += 1
            read += 2
            if read < range.upperBound {
                let after = symbols[read]
                _ = pairs.add(PairCounts.pair(right, after), times: -count)
                if tokenLengths[Int(after)] + length < lengthLimit {
                    form(PairCounts.pair(token, after), in: word)
                }
            }
        }
        ranges[word] = range.lowerBound..<write
    }

    /// Counts an occurrence of a pair that is new in the word.
    @inline(__always)
    private mutating func form(_ pair: PairCounts.Pair, in word: Int) {
        let number = pairs.add(pair, times: counts[word])
        if number >= openLists.count {
            openLists.append(contentsOf: repeatElement(-1, count: number + 1 - openLists.count))
        }
        if openLists[number] < 0 {
            openLists[number] = Int32(wordLists.count)
            wordLists.append([])
            openPairs.append(number)
        }
        let list = Int(openLists[number])
        // A word that has the pair twice is listed once.
        if wordLists[list].last != UInt32(word) { wordLists[list].append(UInt32(word)) }
    }

    private mutating func enqueueFormed() {
        for number in openPairs {
            if pairs.counts[number] > 0 {
                queue.push(
                    MergeCandidate(
                        pair: pairs.pairs[number], pairNumber: number, count: pairs.counts[number],
                        wordList: Int(openLists[number])))
            }
            openLists[number] = -1
        }
        openPairs.removeAll(keepingCapacity: true)
    }
}
