/// What became of a text, word by word: the words that stayed, those that went and those that came.
///
/// The longest sequence of words that both have in common stays (Myers, *An O(ND) Difference Algorithm and Its Variations*,
/// 1986, by way of the standard library).
struct WordDifference {
    enum Change { case kept, removed, added }

    /// Neighbouring words with one fate, and the white space after each of them.
    struct Run: Equatable {
        let change: Change
        var text: String
    }

    private(set) var runs: [Run] = []
    /// The share of all words, of both texts, that stayed: 1 for equal texts, 0 where no word is shared.
    let keptShare: Double

    init(from before: String, to after: String) {
        let (old, new) = (Self.words(of: before), Self.words(of: after))
        let changes = new.map(\.word).difference(from: old.map(\.word))
        let removed = Self.offsets(of: changes.removals)
        let added = Self.offsets(of: changes.insertions)
        let all = old.count + new.count
        keptShare = all == 0 ? 1 : Double(all - removed.count - added.count) / Double(all)
        var place = 0
        for (offset, word) in new.enumerated() {
            place = appendRemovals(of: old, removed, from: place)
            let isNew = added.contains(offset)
            append(isNew ? .added : .kept, word.text)
            if !isNew { place += 1 }
        }
        _ = appendRemovals(of: old, removed, from: place)
    }

    /// Appends the removed words from `place` on; returns the place of the next word that stayed.
    private mutating func appendRemovals(of old: [Word], _ removed: Set<Int>, from place: Int) -> Int {
        var place = place
        while place < old.count, removed.contains(place) {
            append(.removed, old[place].text)
            place += 1
        }
        return place
    }

    private mutating func append(_ change: Change, _ text: Substring) {
        if runs.last?.change == change {
            runs[runs.count - 1].text += String(text)
        } else {
            runs.append(Run(change: change, text: String(text)))
        }
    }

    private static func offsets(of changes: [CollectionDifference<Substring>.Change]) -> Set<Int> {
        Set(
            changes.map { change in
                switch change {
                case .insert(let offset, _, _), .remove(let offset, _, _): offset
                }
            })
    }

    private struct Word {
        let word: Substring
        /// With the white space after it.
        let text: Substring
    }

    private static func words(of text: String) -> [Word] {
        var words: [Word] = []
        var rest = text.drop(while: \.isWhitespace)
        while !rest.isEmpty {
            let word = rest.prefix { !$0.isWhitespace }
            let after = rest[word.endIndex...].drop(while: \.isWhitespace)
            words.append(Word(word: word, text: rest[..<after.startIndex]))
            rest = after
        }
        return words
    }
}
