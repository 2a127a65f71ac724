/// A term of whole numbers, `+ - * /` and brackets, computed exactly.
///
/// Strictly: ASCII alone, no sign before a number or a bracket. Otherwise such signs, typographic operators,
/// dollar signs around the term and `= value` behind it are understood. Neither takes leading zeros, `**`,
/// `//` or factors side by side.
struct CountdownEquation {
    private static let maximumLength = 1000
    private static let maximumDepth = 64

    private(set) var value = Rational.zero
    /// As they occur.
    private(set) var numbers: [Int] = []
    private(set) var hasUnarySign = false
    private var characters: ArraySlice<Character>
    private let isStrict: Bool
    private var depth = 0

    private struct Failure: Error {}

    /// - Returns: nil for anything else, a division by zero included.
    init?(_ text: some StringProtocol, isStrict: Bool) {
        self.isStrict = isStrict
        characters = Array(text.trimmed)[...]
        guard characters.count <= Self.maximumLength else { return nil }
        if !isStrict {
            while let first = characters.first, first == "$" || first == " " { characters.removeFirst() }
            while let last = characters.last, last == "$" || last == " " { characters.removeLast() }
            characters = characters.map { Self.operators[$0] ?? $0 }[...]
        }
        guard let value = try? equation(), characters.isEmpty else { return nil }
        self.value = value
    }

    private static let operators: [Character: Character] = [
        "−": "-", "–": "-", "×": "*", "⋅": "*", "·": "*", "∗": "*", "÷": "/", "∕": "/", "＋": "+",
    ]

    private mutating func equation() throws -> Rational {
        let left = try sum()
        guard !isStrict, take("=") else { return left }
        // Numbers behind it are the result, not part of the term.
        let (numbers, hasUnarySign) = (numbers, hasUnarySign)
        guard try sum() == left else { throw Failure() }
        (self.numbers, self.hasUnarySign) = (numbers, hasUnarySign)
        return left
    }

    private mutating func sum() throws -> Rational {
        var value = try product()
        while true {
            if take("+") {
                value = try Self.checked(value + product())
            } else if take("-") {
                value = try Self.checked(value - product())
            } else {
                return value
            }
        }
    }

    private mutating func product() throws -> Rational {
        var value = try factor()
        while true {
            if take("*") {
                value = try Self.checked(value * factor())
            } else if take("/") {
                value = try Self.checked(value / factor())
            } else {
                return value
            }
        }
    }

    private mutating func factor() throws -> Rational {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw Failure() }
        if take("-") {
            hasUnarySign = true
            return -(try factor())
        }
        if take("+") {
            hasUnarySign = true
            return try factor()
        }
        if take("(") {
            let value = try sum()
            guard take(")") else { throw Failure() }
            return value
        }
        let digits = characters.prefix(while: \.isASCIIDigit)
        guard let first = digits.first, first != "0" || digits.count == 1, let number = Int(String(digits))
        else {
            throw Failure()
        }
        characters = characters.dropFirst(digits.count)
        numbers.append(number)
        return Rational(number)
    }

    private mutating func take(_ sign: Character) -> Bool {
        characters = characters.drop(while: \.isWhitespace)
        guard characters.first == sign else { return false }
        characters.removeFirst()
        return true
    }

    private static func checked(_ value: Rational?) throws -> Rational {
        guard let value else { throw Failure() }
        return value
    }
}
