/// Reads a formula: lists, relations, sets, intervals, terms.
///
/// A product without a sign binds closer than a division, as in `1/2x`; a whole number before a fraction is a
/// mixed number; what follows a number as a unit is dropped. The work is bounded by ``maximumLength``,
/// ``maximumDepth`` and ``maximumSteps``.
struct MathParser {
    /// Longer formulas are not read.
    static let maximumLength = 1000
    private static let maximumDepth = 48
    private static let maximumSteps = 20_000

    struct Failure: Error {}

    let style: MathStyle
    var lexemes: [MathLexer.Lexeme]
    var index = 0
    private var depth = 0
    private var steps = 0

    /// - Returns: nil for what is no formula.
    static func value(of text: String, style: MathStyle) -> MathValue? {
        guard text.utf8.count <= maximumLength, let lexemes = MathLexer.lexemes(of: text, style: style),
            !lexemes.isEmpty
        else { return nil }
        if lexemes.contains(where: { $0.token == .command("pm") || $0.token == .command("mp") }) {
            let both = [("+", "-"), ("-", "+")].map { plus, minus in
                value(of: lexemes.map { $0.deciding(plus: plus, minus: minus) }, style: style)
            }
            guard let first = both[0], let second = both[1] else { return nil }
            return .set([first, second].flatMap(\.members))
        }
        return value(of: lexemes, style: style)
    }

    private static func value(of lexemes: [MathLexer.Lexeme], style: MathStyle) -> MathValue? {
        if lexemes.count == 1, style == .tex, case .word(let word) = lexemes[0].token {
            return .text(word.lowercased())
        }
        var parser = MathParser(style: style, lexemes: lexemes)
        guard let value = try? parser.list(), parser.index == parser.lexemes.count else {
            return nil
        }
        // "60 m" and "60m" are lengths more often than products.
        if style == .plain, case .scalar(.product(.number, .symbol)) = value { return nil }
        return value
    }

    private init(style: MathStyle, lexemes: [MathLexer.Lexeme]) {
        (self.style, self.lexemes) = (style, lexemes)
    }

    // MARK: Tokens

    var token: MathToken? { index < lexemes.count ? lexemes[index].token : nil }

    func token(_ offset: Int) -> MathToken? {
        index + offset < lexemes.count ? lexemes[index + offset].token : nil
    }

    mutating func take(_ wanted: MathToken) -> Bool {
        guard token == wanted else { return false }
        index += 1
        return true
    }

    mutating func require(_ wanted: MathToken) throws {
        guard take(wanted) else { throw Failure() }
    }

    // MARK: Lists and relations

    /// What commas, "and" and "or" separate; a single element is itself.
    mutating func list() throws -> MathValue {
        let elements = try elements()
        return elements.count == 1 ? elements[0] : .set(elements)
    }

    mutating func elements() throws -> [MathValue] {
        var elements = [try element()]
        while takeSeparator() { elements.append(try element()) }
        return elements
    }

    private mutating func takeSeparator() -> Bool {
        let start = index
        while let token {
            guard token.isConjunction || [.sign(","), .sign(";"), .command("and")].contains(token) else {
                break
            }
            index += 1
        }
        return index > start
    }

    private mutating func element() throws -> MathValue {
        let first = try side()
        var relations: [MathValue.Relation] = []
        var left = first
        while let sign = takeRelation() {
            let right = try side()
            relations.append(MathValue.Relation(left: left, sign: sign, right: right))
            left = right
        }
        return relations.isEmpty ? first : .relations(relations)
    }

    private mutating func takeRelation() -> MathValue.Relation.Sign? {
        func sign(_ token: MathToken?) -> MathValue.Relation.Sign? {
            switch token {
            case .sign("="), .command("in"): .equal
            case .command("ne"): .unequal
            case .sign("<"): .less
            case .sign(">"): .greater
            case .command("le"): .lessOrEqual
            case .command("ge"): .greaterOrEqual
            default: nil
            }
        }
        guard let first = sign(token) else {
            guard token == .sign("!"), self.token(1) == .sign("=") else { return nil }
            index += 2
            return .unequal
        }
        index += 1
        guard take(.sign("=")) else { return first }
        return first == .less ? .lessOrEqual : first == .greater ? .greaterOrEqual : first
    }

    /// A term, or sets and intervals that are united.
    private mutating func side() throws -> MathValue {
        let first = try sum()
        guard token == .command("cup") else { return first }
        var parts = [first]
        while take(.command("cup")) { parts.append(try sum()) }
        return .union(parts)
    }

    /// Guards against formulas whose nesting would exhaust the stack, or that would be read again and again: what might be a
    /// mixed number is read twice, and so is each that stands within it.
    mutating func deeper<Value>(_ body: (inout MathParser) throws -> Value) throws -> Value {
        guard depth < Self.maximumDepth, steps < Self.maximumSteps else { throw Failure() }
        depth += 1
        steps += 1
        defer { depth -= 1 }
        return try body(&self)
    }
}

extension MathValue {
    /// Of a list; itself otherwise.
    var members: [MathValue] {
        if case .set(let members) = self { members } else { [self] }
    }
}

extension MathToken {
    var isNumber: Bool {
        if case .number = self { true } else { false }
    }

    /// `\text{ and }` or `\text{ or }`
    var isConjunction: Bool {
        guard case .text(let text) = self else { return false }
        return ["and", "or"].contains(text.trimmed)
    }
}

extension MathLexer.Lexeme {
    /// With one of the two signs of ± and ∓.
    fileprivate func deciding(plus: Character, minus: Character) -> MathLexer.Lexeme {
        switch token {
        case .command("pm"): MathLexer.Lexeme(token: .sign(plus), isApart: isApart)
        case .command("mp"): MathLexer.Lexeme(token: .sign(minus), isApart: isApart)
        default: self
        }
    }
}
