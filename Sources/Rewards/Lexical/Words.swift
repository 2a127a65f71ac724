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
    let runs = sequence.runs(of: n)
    return runs.isEmpty ? 0 : 1 - Double(Set(runs).count) / Double(runs.count)
}

/// distinct-n (Li et al., *A Diversity-Promoting Objective Function for Neural Conversation Models*, 2016): the number of
/// different runs of n elements over the number of all of them, counted over all sequences together. It falls when answers repeat
/// themselves and when they repeat each other, and it falls with the amount of text: compare what answers the same prompts with the
/// same budget.
///
/// - Returns: nil when no sequence has n elements.
public func distinctShare<Element: Hashable>(ofNGrams n: Int, in sequences: [[Element]]) -> Double? {
    precondition(n > 0, "n is \(n), expected at least 1")
    let runs = sequences.flatMap { $0.runs(of: n) }
    return runs.isEmpty ? nil : Double(Set(runs).count) / Double(runs.count)
}

/// The words that carry what a text is about, each by its stem: neither the most frequent words of English, nor those of
/// one or two letters, nor contractions.
public func contentWords(of words: [String]) -> [String] {
    words.filter { $0.count > 2 && !$0.contains("'") && !functionWords.contains($0) }.map(\.stem)
}

private let functionWords = Set(
    """
    about after again all also and any are because been before being but can cannot could did does doing down each few \
    for from get give going had has have her here hers him his how into its just let like make many may might more \
    most much nor not now off once one only other our out over own say she should some something start such tell than \
    that the their them then there these they thing this those through today too under very want was were what when \
    where which while who whom whose why will with would you your yours mine
    """.split(separator: " ").map(String.init))

extension Array {
    /// All stretches of that many neighbours.
    func runs(of length: Int) -> [ArraySlice<Element>] {
        count < length ? [] : (0...count - length).map { self[$0..<$0 + length] }
    }
}

extension String {
    /// The word without its ending, so that "worry", "worries" and "worried" are one: a coarse rule that suffices to see
    /// whether two texts share a word.
    fileprivate var stem: String {
        var stem = Substring(self)
        if let ending = ["ing", "ied", "ies", "ed", "es", "s", "ly", "y", "e"].first(where: {
            hasSuffix($0) && count - $0.count >= 3
        }) {
            stem = dropLast(ending.count)
        }
        let isDoubled = stem.count > 3 && stem.last == stem.dropLast().last
        return String(isDoubled ? stem.dropLast() : stem)
    }

    fileprivate func trimmingApostrophes() -> String {
        guard hasPrefix("'") || hasSuffix("'") else { return self }
        let core = drop { $0 == "'" }
        return String(core.reversed().drop { $0 == "'" }.reversed())
    }
}
