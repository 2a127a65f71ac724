/// A piece of a formula.
enum MathToken: Hashable, Sendable {
    case number(NumberLiteral)
    /// A single letter.
    case letter(String)
    /// Several letters that are no name of a function or constant.
    case word(String)
    /// A command of TeX, or what has the same name in plain text: `frac`, `pi`, `le`.
    case command(String)
    /// What `\text{…}` and its relatives hold.
    case text(String)
    case begin(String)
    case end(String)
    case sign(Character)
}

/// A number as it is written.
struct NumberLiteral: Hashable, Sendable {
    let value: Rational
    /// Written with a point.
    let isDecimal: Bool
    /// Written with digits alone.
    let digits: String?
}

/// How formulas are written.
enum MathStyle: Sendable {
    /// TeX, as between dollar signs: letters stand for themselves, commas separate.
    case tex
    /// As people write without TeX: words are no products of letters, `3,5` and `3e5` are numbers.
    case plain
}

extension MathToken {
    var isBegin: Bool {
        if case .begin = self { true } else { false }
    }
}

extension Character {
    /// Comparing characters would let "1" with an accent pass.
    var isASCIIDigit: Bool { asciiValue.map { 0x30...0x39 ~= $0 } ?? false }
    var isASCIILetter: Bool { asciiValue.map { 0x61...0x7A ~= $0 | 0x20 } ?? false }
}
