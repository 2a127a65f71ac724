/// Expressions and numbers as people write them without TeX.
extension FormulaText {
    /// Where digits may begin, behind asterisks for bold print; nil in the middle of a word or number.
    private func begin(at start: Int) -> Int? {
        guard start < characters.count,
            start == 0 || characters[start - 1].isWhitespace || characters[start - 1] == "="
        else { return nil }
        return holds("**", at: start) ? start + 2 : start
    }

    private static let longestExpression = 200
    /// `+ - * / ^ ( )`
    private static func isOperator(_ code: UInt8) -> Bool {
        (0x28...0x2B).contains(code) || code == 0x2D || code == 0x2F || code == 0x5E
    }

    /// Digits, points, blanks and operators.
    private static func isInExpression(_ code: UInt8) -> Bool {
        (0x30...0x39).contains(code) || code == 0x2E || code == 0x20 || isOperator(code)
    }

    /// At least one operation on numbers, such as `3/4` or `2^10`.
    func expression(at start: Int) -> Candidate? {
        guard let first = begin(at: start),
            character(first).map({ $0.isASCIIDigit || "-(−".contains($0) }) == true
        else { return nil }
        var digit = first
        while let sign = character(digit), "-(−".contains(sign), digit < first + 3 { digit += 1 }
        guard character(digit)?.isASCIIDigit == true else { return nil }
        let run = codes[digit...].prefix(Self.longestExpression).prefix(while: Self.isInExpression)
        guard run.contains(where: Self.isOperator) else { return nil }
        var end = run.endIndex
        // What goes on as a word is none of it.
        if let next = character(end), !next.isWhitespace, !".,:)$*;".contains(next) {
            guard let blank = characters[digit..<end].lastIndex(where: { $0 == " " || $0 == ")" }) else {
                return nil
            }
            end = blank + (characters[blank] == ")" ? 1 : 0)
        }
        while end > digit, " .*".contains(characters[end - 1]) { end -= 1 }
        var surplus =
            characters[first..<end].count { $0 == ")" } - characters[first..<end].count { $0 == "(" }
        while surplus > 0, characters[end - 1] == ")" { (end, surplus) = (end - 1, surplus - 1) }
        guard codes[digit..<end].contains(where: Self.isOperator) else { return nil }
        let isClosed = character(end).map { $0.isWhitespace || ".,:)$*;".contains($0) } ?? false
        return Candidate(
            start: start, end: isClosed ? end + 1 : end, parts: [string(first..<end)], style: .plain)
    }

    /// A number, perhaps behind the sign of a currency, whatever follows it.
    func number(at start: Int) -> Candidate? {
        guard var first = begin(at: start) else { return nil }
        if let sign = character(first), Spelling.currencies.contains(sign) { first += 1 }
        var index = first
        if let sign = character(index), "-+−".contains(sign) { index += 1 }
        let isPoint = character(index) == "." && character(index + 1)?.isASCIIDigit == true
        guard isPoint || character(index)?.isASCIIDigit == true else { return nil }
        let whole = index
        index = self.index(afterDigits: index)
        let isShort = index - whole < 4 && characters[whole] != "0" && !isPoint
        var isGrouped = false
        while isShort, let sign = character(index), sign == "," || sign == " ",
            self.index(afterDigits: index + 1) == index + 4
        {
            index += 4
            isGrouped = true
        }
        if let mark = character(index), mark == "." || (mark == "," && !isGrouped),
            character(index + 1)?.isASCIIDigit == true
        {
            index = self.index(afterDigits: index + 1)
        }
        if let exponent = self.index(afterExponent: index) { index = exponent }
        let end = percent(behind: index)
        return Candidate(
            start: start, end: end ?? index, parts: [string(first..<index) + (end == nil ? "" : "%")],
            style: .plain)
    }

    private func index(afterDigits start: Int) -> Int {
        var index = start
        while character(index)?.isASCIIDigit == true { index += 1 }
        return index
    }

    private func index(afterExponent start: Int) -> Int? {
        guard character(start) == "e" || character(start) == "E" else { return nil }
        let hasSign = character(start + 1) == "-" || character(start + 1) == "+"
        let end = index(afterDigits: start + (hasSign ? 2 : 1))
        let length = end - start - (hasSign ? 2 : 1)
        return (1...4).contains(length) && character(end)?.isLetter != true ? end : nil
    }
}
