/// Numbers: grouped, with a point or a comma, with a period, with an exponent.
extension MathLexer {
    mutating func number() -> NumberLiteral? {
        var whole = digits()
        let isGrouped = takeThousands(after: &whole)
        var fraction = ""
        if let mark = current, mark == "." || (mark == "," && style == .plain && depth == 0 && !isGrouped),
            character(1)?.isASCIIDigit == true
        {
            index += 1
            fraction = digits()
        } else if current == ".", holdsPeriod(at: 1) {
            index += 1
        }
        guard var value = Rational(decimal: (whole.isEmpty ? "0" : whole) + "." + fraction) else {
            return nil
        }
        if let period = takePeriod() {
            guard let repeated = Self.repeating(period, after: fraction.count), let sum = value + repeated
            else { return nil }
            return NumberLiteral(value: sum, isDecimal: false, digits: nil)
        }
        if style == .plain, let exponent = takeExponent() {
            guard let power = Rational(10).power(exponent), let scaled = value * power else { return nil }
            value = scaled
            return NumberLiteral(value: value, isDecimal: !value.isInteger, digits: nil)
        }
        return NumberLiteral(
            value: value, isDecimal: !fraction.isEmpty, digits: fraction.isEmpty ? whole : nil)
    }

    private mutating func digits() -> String {
        let start = index
        while current?.isASCIIDigit == true { index += 1 }
        return String(text[start..<index])
    }

    /// Groups of three digits behind one to three, parted by commas, blanks or thin spaces of TeX.
    private mutating func takeThousands(after whole: inout String) -> Bool {
        guard (1...3).contains(whole.count), whole.first != "0" else { return false }
        var isGrouped = false
        while let length = separator(), isDigits(from: length, count: 3),
            !isDigits(from: length + 3, count: 1)
        {
            whole += String(text[(index + length)..<(index + length + 3)])
            index += length + 3
            isGrouped = true
        }
        return isGrouped
    }

    /// Characters of what parts thousands at this place.
    private func separator() -> Int? {
        for separator in ["{,}", "\\!,", "\\,", ",\\!", ",", " "] {
            guard separator != "," || depth == 0 else { continue }
            if separator.enumerated().allSatisfy({ character($0.offset) == $0.element }) {
                return separator.count
            }
        }
        return nil
    }

    private func isDigits(from offset: Int, count: Int) -> Bool {
        (offset..<offset + count).allSatisfy { character($0)?.isASCIIDigit == true }
    }

    private static let overline = Array("\\overline{")

    private func holdsPeriod(at offset: Int) -> Bool {
        Self.overline.indices.allSatisfy { character(offset + $0) == Self.overline[$0] }
    }

    /// The digits of `\overline{…}`.
    private mutating func takePeriod() -> String? {
        guard holdsPeriod(at: 0) else { return nil }
        index += Self.overline.count
        let period = digits()
        guard !period.isEmpty, current == "}" else { return nil }
        index += 1
        return period
    }

    private static func repeating(_ period: String, after places: Int) -> Rational? {
        guard let digits = BigInteger(digits: period) else { return nil }
        let nines = BigInteger(10).power(period.count) - .one
        return Rational(digits, over: nines * BigInteger(10).power(places))
    }

    /// Of `3e5`: at most four digits, as no answer has more.
    private mutating func takeExponent() -> Int? {
        guard current == "e" || current == "E" else { return nil }
        let hasSign = character(1) == "-" || character(1) == "+"
        let first = hasSign ? 2 : 1
        var length = 0
        while character(first + length)?.isASCIIDigit == true { length += 1 }
        guard (1...4).contains(length), character(first + length)?.isASCIILetter != true else { return nil }
        let isNegative = character(1) == "-"
        index += first
        let magnitude = Int(digits()) ?? 0
        return isNegative ? -magnitude : magnitude
    }
}
