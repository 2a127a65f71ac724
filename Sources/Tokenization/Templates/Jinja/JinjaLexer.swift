/// Splits the source of a template into tokens and applies its whitespace control.
///
/// Text runs up to the next `{{`, `{%` or `{#`. A `-` inside the braces strips all whitespace on that side;
/// else a block or comment loses the blanks before it on its own line (`lstrip_blocks`) and the newline after
/// it (`trim_blocks`), unless a `+` asks to keep them.
struct JinjaLexer {
    private let source: JinjaSource
    private var index = 0
    private var tokens: [JinjaToken] = []
    /// Whether the text at `index` starts a line, which the removal of blanks before a block depends on.
    private var isAtLineStart = true

    static func tokens(of source: String) throws -> [JinjaToken] {
        var lexer = JinjaLexer(source: JinjaSource(source))
        try lexer.run()
        return lexer.tokens
    }

    private init(source: JinjaSource) { self.source = source }

    private mutating func run() throws {
        while let opening = nextOpening(from: index) {
            let sign = source.sign(at: opening + 2)
            let text = trimmed(
                index..<opening, before: source[opening + 1] == "{" ? .output : .block, sign: sign)
            append(.text(text), at: index)
            index = opening + (sign == nil ? 2 : 3)
            switch source[opening + 1] {
            case "#": try skipComment(from: opening)
            case "%":
                if let bodyStart = source.end(
                    ofTag: "raw", from: index, closing: [.plainKeepingNewline, .strip])
                {
                    try readRaw(from: bodyStart, opening: opening)
                } else {
                    try readTag(from: opening, begin: .blockBegin, end: .blockEnd, closing: "%}")
                }
            default: try readTag(from: opening, begin: .outputBegin, end: .outputEnd, closing: "}}")
            }
            isAtLineStart = source[index - 1] == "\n"
        }
        append(.text(source.string(index..<source.count)), at: index)
        append(.end, at: source.count)
    }

    private mutating func append(_ kind: JinjaToken.Kind, at position: Int) {
        if case .text("") = kind { return }
        tokens.append(JinjaToken(kind: kind, location: source.location(of: position)))
    }

    private func nextOpening(from start: Int) -> Int? {
        var position = start
        while position + 1 < source.count {
            if source[position] == "{", ["{", "%", "#"].contains(source[position + 1]) { return position }
            position += 1
        }
        return nil
    }

    private enum Tag { case output, block }

    private func trimmed(_ range: Range<Int>, before tag: Tag, sign: Unicode.Scalar?) -> String {
        var end = range.upperBound
        while end > range.lowerBound, PythonText.isSpace(source[end - 1]) {
            if sign != "-", source[end - 1] == "\n" { break }
            end -= 1
        }
        if sign == "-" { return source.string(range.lowerBound..<end) }
        let reachesLineStart = end > range.lowerBound ? source[end - 1] == "\n" : isAtLineStart
        let keepsBlanks = sign == "+" || tag == .output || !reachesLineStart
        return source.string(range.lowerBound..<(keepsBlanks ? range.upperBound : end))
    }

    private mutating func skipComment(from opening: Int) throws {
        guard let end = source.firstIndex(of: "#}", from: index) else {
            throw syntaxError(at: opening, found: "a comment that is never closed", expected: "`#}`")
        }
        let hasSign = end > index && source.sign(at: end - 1) != nil
        index = source.end(ofClosing: hasSign ? end - 1 : end, "#}", variants: .all) ?? end + 2
    }

    private mutating func readRaw(from bodyStart: Int, opening: Int) throws {
        isAtLineStart = source[bodyStart - 1] == "\n"
        var position = bodyStart
        while let brace = source.firstIndex(of: "{%", from: position) {
            let sign = source.sign(at: brace + 2)
            let name = brace + (sign == nil ? 2 : 3)
            if let end = source.end(ofTag: "endraw", from: name, closing: .all) {
                append(.text(trimmed(bodyStart..<brace, before: .block, sign: sign)), at: bodyStart)
                index = end
                return
            }
            position = brace + 2
        }
        throw syntaxError(at: opening, found: "`raw` that is never closed", expected: "`{% endraw %}`")
    }

    private mutating func readTag(
        from opening: Int, begin: JinjaToken.Kind, end: JinjaToken.Kind, closing: String
    ) throws {
        append(begin, at: opening)
        let variants: JinjaSource.Closings = begin == .blockBegin ? .all : [.strip, .plainKeepingNewline]
        var openBrackets: [Unicode.Scalar] = []
        while true {
            while index < source.count, PythonText.isSpace(source[index]) { index += 1 }
            guard index < source.count else {
                throw syntaxError(at: opening, found: "a tag that is never closed", expected: "`\(closing)`")
            }
            if openBrackets.isEmpty, let next = source.end(ofClosing: index, closing, variants: variants) {
                append(end, at: index)
                index = next
                return
            }
            let start = index
            var scanner = JinjaTagScanner(source: source, index: index)
            let kind = try scanner.next()
            index = scanner.index
            append(kind, at: start)
            if case .symbol(let symbol) = kind { try balance(symbol, &openBrackets, at: start) }
        }
    }

    private func balance(_ symbol: String, _ open: inout [Unicode.Scalar], at position: Int) throws {
        switch symbol {
        case "(": open.append(")")
        case "[": open.append("]")
        case "{": open.append("}")
        case ")", "]", "}":
            let expected = open.popLast()
            guard expected.map(String.init) == symbol else {
                throw syntaxError(
                    at: position, found: "`\(symbol)`",
                    expected: expected.map { "`\($0)`" } ?? "no closing bracket, as none is open")
            }
        default: break
        }
    }

    private func syntaxError(at position: Int, found: String, expected: String) -> TemplateError {
        .syntax(at: source.location(of: position), found: found, expected: expected)
    }
}
