/// Formulas between signs of TeX.
extension FormulaText {
    /// One formula, or several that commas, "and" and "or" connect.
    func environments(at start: Int) -> Candidate? {
        guard let first = environment(at: start) else { return nil }
        var (parts, end) = ([first.content], first.end)
        while parts.count < 6, let next = index(afterConnection: end).flatMap({ environment(at: $0) }) {
            parts.append(next.content)
            end = next.end
        }
        return Candidate(start: start, end: end, parts: parts, style: .tex)
    }

    private func index(afterConnection start: Int) -> Int? {
        var index = index(afterBlanks: start)
        let beforeWords = index
        if character(index) == "," { index = self.index(afterBlanks: index + 1) }
        for word in ["and", "or"] where holds(word, at: index) {
            return self.index(afterBlanks: index + word.count)
        }
        return index > beforeWords ? index : nil
    }

    private static let delimiters = [("$$", "$$"), ("\\[", "\\]"), ("$", "$"), ("\\(", "\\)")]

    func environment(at start: Int) -> (content: String, end: Int)? {
        guard let first = character(start), first == "$" || first == "\\" || first == "-" else { return nil }
        if let fraction = fraction(at: start) { return fraction }
        guard first != "-", start == 0 || characters[start - 1] != "\\",
            let (opening, closing) = Self.delimiters.first(where: { holds($0.0, at: start) })
        else { return nil }
        // Prices have a digit before the sign; within a line a sign alone opens a formula.
        if opening == "$", start > 0, characters[start - 1].isASCIIDigit { return nil }
        let content = start + opening.count
        guard let end = end(closing, from: content), end > content,
            opening == "$$" || opening == "\\[" || end < self.end("\n", from: start) ?? .max
        else { return nil }
        let isShort = end - content <= MathParser.maximumLength
        return isShort ? withPercent(string(content..<end), end: end + closing.count) : nil
    }

    /// `\frac{a}{b}` of plain numbers, without signs around it.
    private func fraction(at start: Int) -> (content: String, end: Int)? {
        let first = character(start) == "-" ? start + 1 : start
        guard let command = ["\\frac", "\\dfrac", "\\tfrac"].first(where: { holds($0, at: first) }) else {
            return nil
        }
        var index = first + command.count
        for _ in 0..<2 {
            guard character(index) == "{" else { return nil }
            let digits = characters[(index + 1)...].prefix { $0.isASCIIDigit || ".-".contains($0) }
            guard !digits.isEmpty, character(digits.endIndex) == "}" else { return nil }
            index = digits.endIndex + 1
        }
        return withPercent(string(start..<index), end: index)
    }

    /// With the sign or the word that follows it.
    private func withPercent(_ content: String, end: Int) -> (content: String, end: Int) {
        guard let percent = percent(behind: end) else { return (content, end) }
        return (content + "%", percent)
    }

    func percent(behind end: Int) -> Int? {
        let index = index(afterBlanks: end)
        return ["\\%", "%", "percentage", "percent", "Percent", "pct"].first { holds($0, at: index) }
            .map { index + $0.count }
    }
}
