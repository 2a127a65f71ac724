/// Takes a formula apart. Every character is looked at a bounded number of times.
struct MathLexer {
    struct Lexeme: Hashable, Sendable {
        var token: MathToken
        /// Whether blanks stand before it.
        var isApart: Bool
    }

    let style: MathStyle
    let text: [Character]
    var index = 0
    private var lexemes: [Lexeme] = []
    /// Round and square brackets and braces that are open: within them commas separate.
    private(set) var depth = 0

    /// - Returns: nil where something in it belongs to no formula.
    static func lexemes(of text: String, style: MathStyle) -> [Lexeme]? {
        var lexer = MathLexer(style: style, text: Array(Spelling.ofTeX(text)))
        return lexer.run() ? lexer.lexemes : nil
    }

    private init(style: MathStyle, text: [Character]) {
        (self.style, self.text) = (style, text)
    }

    var current: Character? { index < text.count ? text[index] : nil }

    func character(_ offset: Int) -> Character? {
        index + offset < text.count ? text[index + offset] : nil
    }

    private mutating func run() -> Bool {
        var isApart = false
        while let character = current {
            if character.isWhitespace || character == "~" {
                index += 1
                isApart = true
                continue
            }
            switch lex(character) {
            case .foreign: return false
            // Thin spaces and sizes of brackets are no tokens; they separate as blanks do.
            case .space: isApart = true
            case .token(let token):
                lexemes.append(Lexeme(token: token, isApart: isApart))
                isApart = false
            }
        }
        return true
    }

    /// What begins at a character.
    private enum Piece {
        case token(MathToken)
        case space
        /// Nothing of mathematics.
        case foreign
    }

    private mutating func lex(_ character: Character) -> Piece {
        if character.isASCIIDigit || (character == "." && self.character(1)?.isASCIIDigit == true) {
            return number().map { .token(.number($0)) } ?? .foreign
        }
        if character == "\\" { return command() }
        if character.isASCIILetter { return .token(word()) }
        guard "+-*/^_=<>!%|,;&()[]{}°".contains(character) else { return .foreign }
        index += 1
        if "([".contains(character) { depth += 1 }
        if ")]".contains(character) { depth -= 1 }
        return .token(.sign(character))
    }

    // MARK: Words

    private mutating func word() -> MathToken {
        let start = index
        while current?.isASCIILetter == true { index += 1 }
        let word = String(text[start..<index])
        if let name = Self.words[word.lowercased()] { return .command(name) }
        return word.count == 1 ? .letter(word) : .word(word)
    }

    /// What is called the same without a backslash.
    private static let words: [String: String] = {
        var words = [
            "sqrt": "sqrt", "cbrt": "cbrt", "pi": "pi", "infinity": "infty", "inf": "infty", "log": "log",
            "ln": "ln", "and": "and", "or": "and", "percent": "percent", "percentage": "percent",
            "pct": "percent", "union": "cup", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
        ]
        // Seconds are more frequent than secants.
        for function in ElementaryFunction.allCases where ![.sec, .floor, .ceil].contains(function) {
            words[function.rawValue] = function.rawValue
        }
        return words
    }()

    // MARK: Commands

    private static let spaces: Set<String> = [
        ",", ";", ":", "!", " ", "quad", "qquad", "left", "right", "mleft", "mright", "big", "Big", "bigg",
        "Bigg", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "textstyle", "limits", "$", "nobreak",
    ]
    private static let texts: Set<String> = [
        "text", "textbf", "textit", "textrm", "textnormal", "mathrm", "mathbf", "mathit", "mathsf", "mbox",
        "operatorname", "mathbb", "mathcal", "bold", "bm",
    ]
    private static let synonyms = [
        "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "leq": "le", "leqslant": "le", "geq": "ge",
        "geqslant": "ge", "neq": "ne", "lt": "<", "gt": ">", "cdot": "*", "times": "*", "ast": "*",
        "div": "/", "lbrack": "[", "rbrack": "]", "lbrace": "{", "rbrace": "}", "lvert": "|", "rvert": "|",
        "vert": "|", "mid": "|", "degree": "°", "dbinom": "binom", "tbinom": "binom",
        "varnothing": "emptyset",
        "mp": "mp", "approx": "=", "lg": "log", "%": "percent",
    ]

    private mutating func command() -> Piece {
        index += 1
        guard let first = current else { return .foreign }
        guard first.isASCIILetter else {
            index += 1
            return control(first)
        }
        let start = index
        while current?.isASCIILetter == true { index += 1 }
        let name = String(text[start..<index])
        if Self.spaces.contains(name) { return .space }
        if Self.texts.contains(name) { return group().map { .token(.text($0)) } ?? .foreign }
        if name == "begin" { return group().map { .token(.begin($0)) } ?? .foreign }
        if name == "end" { return group().map { .token(.end($0)) } ?? .foreign }
        let known = Self.synonyms[name] ?? name
        if let sign = known.first, known.count == 1, !sign.isASCIILetter, !"{}".contains(sign) {
            return .token(.sign(sign))
        }
        return bracket(known)
    }

    /// A backslash before what is no letter.
    private mutating func control(_ character: Character) -> Piece {
        switch character {
        case "{", "}": return bracket(String(character))
        case "|": return .token(.sign("|"))
        case "%": return .token(.command("percent"))
        case "\\":
            // It ends the row of a matrix; before a letter it is a backslash that was escaped twice.
            guard current?.isASCIILetter == true, !lexemes.contains(where: \.token.isBegin) else {
                return .token(.command("\\"))
            }
            index -= 1
            return command()
        default: return Self.spaces.contains(String(character)) ? .space : .foreign
        }
    }

    private mutating func bracket(_ name: String) -> Piece {
        if name == "{" { depth += 1 }
        if name == "}" { depth -= 1 }
        return .token(.command(name))
    }

    /// What stands in braces, as text.
    private mutating func group() -> String? {
        while current == " " { index += 1 }
        guard current == "{" else { return nil }
        let start = index + 1
        var open = 0
        while let character = current {
            index += 1
            if character == "{" { open += 1 }
            if character == "}" { open -= 1 }
            if open == 0 { return String(text[start..<index - 1]) }
        }
        return nil
    }
}
