/// A text in which formulas are looked for. Everything is found in one pass, or within a bounded distance.
struct FormulaText {
    let characters: [Character]
    /// Their ASCII codes, that of `*` for typographic operators and 0 for all others: comparing characters is
    /// slow.
    let codes: [UInt8]
    /// Where formulas of TeX and lines end, in order: what opens one need not look for its end.
    let ends: [String: [Int]]

    init(_ text: some StringProtocol) {
        characters = Array(text)
        codes = characters.map { $0.asciiValue ?? ("×÷·−".contains($0) ? 0x2A : 0) }
        var ends: [String: [Int]] = [:]
        for (index, character) in characters.enumerated() {
            if character.isNewline { ends["\n", default: []].append(index) }
            guard index == 0 || characters[index - 1] != "\\" else { continue }
            if character == "$" { ends["$", default: []].append(index) }
            guard character == "$" || character == "\\", index + 1 < characters.count else { continue }
            ends[String(characters[index...index + 1]), default: []].append(index)
        }
        self.ends = ends
    }

    /// The first end of that kind from a place on.
    func end(_ name: String, from start: Int) -> Int? {
        guard let places = ends[name] else { return nil }
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < start { low = middle + 1 } else { high = middle }
        }
        return low < places.count ? places[low] : nil
    }

    /// Where a formula may be.
    struct Candidate {
        let start: Int
        /// Behind it, and the sign that ends it.
        let end: Int
        let parts: [String]
        let style: MathStyle

        /// - Returns: nil where one of the parts is no formula.
        func value() -> MathValue? {
            let values = parts.compactMap { MathParser.value(of: $0.trimmingFormula(style), style: style) }
            guard values.count == parts.count, let first = values.first else { return nil }
            return values.count == 1 ? first : .set(values.flatMap(\.members))
        }
    }

    func character(_ index: Int) -> Character? {
        characters.indices.contains(index) ? characters[index] : nil
    }

    func string(_ range: Range<Int>) -> String { String(characters[range]) }

    func holds(_ wanted: String, at index: Int) -> Bool {
        var place = index
        for character in wanted {
            guard self.character(place) == character else { return false }
            place += 1
        }
        return true
    }

    /// Where words in lower case stand, whatever their case.
    func occurrences(of words: String) -> [Int] {
        let wanted = Array(words)
        guard characters.count >= wanted.count else { return [] }
        return (0...characters.count - wanted.count).filter { start in
            wanted.indices.allSatisfy { isSame(characters[start + $0], wanted[$0]) }
        }
    }

    private func isSame(_ character: Character, _ lower: Character) -> Bool {
        character.asciiValue.map { $0 | 0x20 } == lower.asciiValue
    }

    /// The last words before a place, from the beginning of its clause, in lower case.
    func words(before place: Int, limit: Int) -> [String] {
        let clause = characters[max(0, place - 80)..<place].reversed().prefix(while: Self.isInClause)
        return Self.words(String(clause.reversed())).suffix(limit)
    }

    /// The first words behind a place, to the end of its clause, in lower case.
    func words(after place: Int, limit: Int) -> [String] {
        Self.words(String(characters[place...].prefix(80).prefix(while: Self.isInClause)))
            .prefix(limit).map(\.self)
    }

    private static func isInClause(_ character: Character) -> Bool { !".,;:!?\n".contains(character) }

    private static func words(_ clause: String) -> [String] {
        clause.lowercased().replacing("’", with: "'").split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// The formula that the text is, where it is nothing else.
    var whole: MathValue? {
        guard characters.count <= MathParser.maximumLength else { return nil }
        let isTeX = characters.contains("\\") || characters.count { $0 == "$" } > 1
        // Words beside a formula are a sentence about it; in TeX they would be products of letters.
        guard !isTeX || !hasWords else { return nil }
        let style = isTeX ? MathStyle.tex : .plain
        return MathParser.value(of: string(0..<characters.count).trimmingFormula(style), style: style)
    }

    /// Whether two letters stand side by side that are no command.
    private var hasWords: Bool {
        var isCommand = false
        var letters = 0
        for character in characters {
            letters = character.isLetter ? letters + 1 : 0
            if letters == 0 { isCommand = character == "\\" }
            if letters > 1, !isCommand { return true }
        }
        return false
    }

    // MARK: Boxes

    struct Box {
        let start: Int
        let end: Int
        /// Nil where it is never closed.
        let content: String?
    }

    /// All `\boxed`, the innermost of those in each other; found in one pass over the braces.
    func boxes() -> [Box] {
        var boxes: [Box] = []
        /// The starts of boxes among the braces that are open; nil for other braces.
        var open: [(box: Int?, brace: Int)] = []
        var index = 0
        while index < characters.count {
            if holds("\\boxed", at: index) {
                let start = index
                index += 6
                while character(index)?.isWhitespace == true { index += 1 }
                if character(index) == "{" {
                    open.append((start, index))
                    index += 1
                } else {
                    let end = characters[index...].prefix { $0.isASCIIDigit || ".,-".contains($0) }.endIndex
                    boxes.append(Box(start: start, end: end, content: string(index..<end)))
                }
                continue
            }
            if character(index) == "\\" {
                index += 2
                continue
            }
            if character(index) == "{" { open.append((nil, index)) }
            if character(index) == "}", let (box, brace) = open.popLast(), let box {
                // A box around another says the same.
                if boxes.last.map({ $0.start < box }) ?? true {
                    boxes.append(Box(start: box, end: index + 1, content: string(brace + 1..<index)))
                }
            }
            index += 1
        }
        let isOpen = open.last(where: { $0.box != nil })?.box
        return boxes + (isOpen.map { [Box(start: $0, end: characters.count, content: nil)] } ?? [])
    }

    // MARK: Behind words

    /// What follows "final answer … is".
    func statedAnswer(_ start: Int) -> Candidate? {
        let limit = min(characters.count, start + 112)
        var index = start + 12
        while index < limit {
            guard holds("is", at: index), character(index - 1)?.isWhitespace == true else {
                index += 1
                continue
            }
            let behind = character(index + 2) == ":" ? index + 3 : index + 2
            let first = self.index(afterBlanks: behind)
            if let candidate = formula(at: first).max(by: { $0.end < $1.end }) { return candidate }
            index += 1
        }
        return nil
    }

    /// What follows "answer" within reach: the first formula, and the one behind the last `=` of the line.
    func answers(behind start: Int) -> [Candidate] {
        var found: [Candidate] = []
        let line = characters[min(start, characters.count)...].prefix(101).prefix { !$0.isNewline }
        if let equals = line.lastIndex(of: "=") {
            found += formula(at: index(afterBlanks: equals + 1))
        }
        if found.isEmpty,
            let first = (start..<min(characters.count, start + 51)).first(where: {
                $0 <= line.endIndex + 1 && !formula(at: $0, dollars: false).isEmpty
            })
        {
            found += formula(at: first, dollars: false)
        }
        if let first = (start..<min(characters.count, start + 51)).first(where: { environment(at: $0) != nil }
        ) {
            found += [environments(at: first)].compactMap(\.self)
        }
        return found
    }

    func index(afterBlanks start: Int) -> Int {
        var index = start
        while character(index)?.isWhitespace == true { index += 1 }
        return index
    }

    private func formula(at index: Int, dollars: Bool = true) -> [Candidate] {
        var candidates = [expression(at: index), number(at: index)].compactMap(\.self)
        if dollars, let environments = environments(at: index) { candidates.append(environments) }
        return candidates
    }

    // MARK: Anywhere

    /// Formulas between signs of TeX, expressions and numbers: the last of each.
    func formulas(limit: Int) -> [Candidate] {
        func last(_ found: (Int) -> Candidate?) -> [Candidate] {
            var candidates: [Candidate] = []
            var index = 0
            while index < characters.count {
                guard let candidate = found(index) else {
                    index += 1
                    continue
                }
                candidates.append(candidate)
                if candidates.count > 2 * limit { candidates.removeFirst(limit) }
                index = max(index + 1, candidate.end)
            }
            return candidates.suffix(limit)
        }
        return last(environments) + last(expression) + last(number)
    }
}

extension String {
    /// Without what ends a sentence, bold print and blanks around a formula.
    func trimmingFormula(_ style: MathStyle) -> String {
        func isAround(_ character: Character) -> Bool { character.isWhitespace || "*`".contains(character) }
        var text = drop(while: isAround)
        // 4! is a number where it is written as a formula.
        while let last = text.last,
            isAround(last) || ".,;:?".contains(last) || (last == "!" && style == .plain)
        {
            text = text.dropLast()
        }
        return String(text)
    }
}
