import Foundation

/// The truth of a row, as far as other spellings, near misses and wrong answers can be made of it.
public struct LintTruth: Hashable, Sendable {
    public let text: String
    /// Set where it is a whole number in digits that is small enough to compute with.
    let integer: Int?
    /// A number before a unit: `12` of `12 km`.
    let measure: (number: String, unit: String)?
    /// Whether it is a number in digits, with a point or not.
    let isDecimal: Bool

    init(_ text: String) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
        self.text = text
        integer = Int(text).flatMap { $0.magnitude < 1_000_000_000 && "\($0)" == text ? $0 : nil }
        isDecimal = Self.isNumber(text)
        measure =
            parts.count == 2 && Self.isNumber(parts[0]) && parts[1].allSatisfy(\.isLetter)
            ? (parts[0], parts[1]) : nil
    }

    public static func == (one: LintTruth, other: LintTruth) -> Bool { one.text == other.text }
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    private static func isNumber(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        return !digits.isEmpty && digits.first?.isNumber == true
            && digits.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
            && digits.count { $0 == "." } <= 1 && digits.last != "."
    }

    // MARK: Wrong answers

    /// Answers that nobody takes for the right one, as many as asked for where it is a number; otherwise `others`.
    func wrongAnswers(_ count: Int, others: [String]) -> [String] {
        if let integer {
            return [3, -4, 11, 19, -23, 37, 58].prefix(count).map { "\(integer + $0)" }
        }
        if let measure {
            return LintTruth(measure.number).wrongAnswers(count, others: []).map { "\($0) \(measure.unit)" }
        }
        if isDecimal, let number = Double(text) {
            return [3.0, -4, 11, 19, -23, 37, 58].prefix(count).map { "\(number + $0)" }
        }
        return Array(others.filter { $0 != text }.prefix(count))
    }

    // MARK: The same in other words

    /// Other spellings of the same answer, each with what it is called.
    var spellings: [(name: String, text: String)] {
        guard let integer else {
            if isDecimal { return text.contains(".") ? [("a trailing zero", text + "0")] : [] }
            guard measure == nil else { return [] }
            return [("capitals", text.uppercased()), ("small letters", text.lowercased())].filter {
                $0.1 != text
            }
        }
        var spellings = [
            ("a decimal point", "\(integer).0"), ("a fraction", "\(2 * integer)/2"),
            ("mathematics", "$\(integer)$"), ("bold", "**\(integer)**"),
        ]
        if integer > 0 { spellings.append(("a plus sign", "+\(integer)")) }
        if abs(integer) >= 1000 { spellings.append(("thousands apart", Self.grouped(integer))) }
        if let word = Self.word(for: integer) { spellings.append(("words", word)) }
        spellings.append(("full-width digits", Self.digits(of: text, from: 0xFF10)))
        spellings.append(("Arabic digits", Self.digits(of: text, from: 0x0660)))
        return spellings.map { (name: $0.0, text: $0.1) }
    }

    private static func grouped(_ number: Int) -> String {
        let digits = Array(String(abs(number)))
        let parts = stride(from: digits.count, to: 0, by: -3).map { String(digits[max(0, $0 - 3)..<$0]) }
        return (number < 0 ? "-" : "") + parts.reversed().joined(separator: ",")
    }

    private static func digits(of text: String, from zero: UInt32) -> String {
        let scalars = text.unicodeScalars.map { scalar in
            guard ("0"..."9").contains(scalar) else { return scalar }
            return Unicode.Scalar(zero + scalar.value - 48) ?? scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// In English, from 0 to 99.
    private static func word(for number: Int) -> String? {
        let small = [
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
            "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
        ]
        let tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
        guard (0..<100).contains(number) else { return nil }
        if number < 20 { return small[number] }
        return tens[number / 10] + (number % 10 == 0 ? "" : "-" + small[number % 10])
    }

    // MARK: Nearly the same

    /// Answers that look like it and are not it, each with how they differ.
    var nearMisses: [(name: String, text: String)] {
        if let measure {
            let unit = measure.unit == "m" ? "km" : "m"
            return [("another unit", "\(measure.number) \(unit)")]
                + LintTruth(measure.number).nearMisses.map { ($0.name, "\($0.text) \(measure.unit)") }
        }
        if let integer {
            var misses = [
                ("one added", "\(integer + 1)"), ("one taken off", "\(integer - 1)"),
                ("a digit more", "\(integer)1"),
                ("a digit in front", integer < 0 ? "-1\(-integer)" : "1\(integer)"),
            ]
            if integer != 0 {
                misses += [("another sign", "\(-integer)"), ("a zero more", "\(integer)0")]
                misses.append(("a decimal place", "\(integer).5"))
            }
            if abs(integer) > 9 { misses.append(("a digit less", String(text.dropLast()))) }
            return misses.map { (name: $0.0, text: $0.1) }
        }
        if isDecimal {
            let negated = text.hasPrefix("-") ? String(text.dropFirst()) : "-" + text
            var misses = [(name: "another sign", text: negated), (name: "a digit more", text: text + "7")]
            if text.contains(".") {
                misses.append(("no decimal point", text.replacing(".", with: "")))
            }
            return misses
        }
        guard text.count > 3 else { return [] }
        return [("a letter less", String(text.dropLast())), ("a word in front", "not \(text)")]
    }
}
