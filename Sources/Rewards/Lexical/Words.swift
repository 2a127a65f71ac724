/// Splits text into words for the lexical annotators.
///
/// A word is a run of letters, digits and apostrophes, in lower case, with the typographic apostrophe made plain.
/// Punctuation, emoticons and emoji are no words, so a row of them says nothing. Written for languages that put
/// blanks between words.
public func words(in text: String) -> [String] {
    text.lowercased()
        .map { $0 == "’" ? "'" : $0 }
        .split { !($0.isLetter || $0.isNumber || $0 == "'") }
        .map { String($0).trimmingApostrophes() }
        .filter { !$0.isEmpty }
}

/// The share of n-grams that occurred earlier in the sequence, 0…1 (`rep-n` of Welleck et al., *Neural Text
/// Generation with Unlikelihood Training*, 2020, for one sequence); 0 when there are fewer than n elements.
public func repeatedShare<Element: Hashable>(ofNGrams n: Int, in sequence: [Element]) -> Double {
    precondition(n > 0, "n is \(n), expected at least 1")
    let count = sequence.count - n + 1
    guard count > 0 else { return 0 }
    let different = Set((0..<count).map { sequence[$0..<$0 + n] })
    return 1 - Double(different.count) / Double(count)
}

extension String {
    fileprivate func trimmingApostrophes() -> String {
        guard hasPrefix("'") || hasSuffix("'") else { return self }
        let core = drop { $0 == "'" }
        return String(core.reversed().drop { $0 == "'" }.reversed())
    }
}
