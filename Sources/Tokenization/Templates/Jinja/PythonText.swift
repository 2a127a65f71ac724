import JSON

/// What Python's strings do and Swift's do not, or do otherwise: characters here are Unicode scalars.
enum PythonText {
    // MARK: Characters

    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20: true
        case ..<0x80: false
        default: scalar.properties.isWhitespace
        }
    }

    static func areEqual(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

    static func isCased(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isCased }

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
    }

    /// Whether the text has cased characters and all of them satisfy the condition.
    static func hasOnlyCase(_ text: String, _ condition: (Unicode.Scalar) -> Bool) -> Bool {
        let cased = text.unicodeScalars.filter(isCased)
        return !cased.isEmpty && cased.allSatisfy(condition)
    }

    /// Whether the text is not empty and all characters satisfy the condition.
    static func isNonEmpty(_ text: String, allSatisfying condition: (Unicode.Scalar) -> Bool) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy(condition)
    }

    // MARK: Case

    static func lowercased(_ text: String) -> String {
        guard text.unicodeScalars.contains(capitalSigma) else { return text.lowercased() }
        let scalars = Array(text.unicodeScalars)
        return scalars.indices.map { lowercased(scalars, at: $0) }.joined()
    }

    private static let capitalSigma: Unicode.Scalar = "Σ"

    /// A capital sigma depends on what is around it: at the end of a word it becomes ς (the Unicode standard,
    /// table 3-17, Final_Sigma).
    private static func lowercased(_ scalars: [Unicode.Scalar], at index: Int) -> String {
        guard scalars[index] == capitalSigma else { return scalars[index].properties.lowercaseMapping }
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        let endsWord = before.map(isCased) == true && after.map(isCased) != true
        return endsWord ? "ς" : "σ"
    }

    static func capitalized(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.first else { return text }
        return first.properties.titlecaseMapping
            + scalars.indices.dropFirst().map { lowercased(scalars, at: $0) }.joined()
    }

    /// Python's `title`: every letter after a character without case starts a word.
    static func titlecased(_ text: String) -> String {
        var result = ""
        var isInWord = false
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            result += isInWord ? lowercased(scalars, at: index) : scalar.properties.titlecaseMapping
            isInWord = isCased(scalar)
        }
        return result
    }

    /// Jinja's `title`: words start at the front and after blanks, hyphens and opening brackets. What follows their
    /// first letter is made lower case by itself.
    static func titlecasedWords(_ text: String) -> String {
        func endsWord(_ scalar: Unicode.Scalar) -> Bool {
            isSpace(scalar) || "-({[<".unicodeScalars.contains(scalar)
        }
        var result = ""
        var rest = text.unicodeScalars[...]
        while let first = rest.popFirst() {
            result += first.properties.uppercaseMapping
            guard !endsWord(first) else { continue }
            let word = rest.prefix { !endsWord($0) }
            result += lowercased(String(word))
            rest = rest[word.endIndex...]
        }
        return result
    }

    // MARK: Ends

    enum End { case both, leading, trailing }

    /// Without whitespace, or without the given characters, at its ends.
    static func stripped(_ text: String, of characters: String? = nil, at end: End = .both) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        let isStripped: (Unicode.Scalar) -> Bool = { set?.contains($0) ?? isSpace($0) }
        var scalars = text.unicodeScalars[...]
        if end != .trailing { scalars = scalars.drop(while: isStripped) }
        if end != .leading {
            while let last = scalars.last, isStripped(last) { scalars.removeLast() }
        }
        return String(scalars)
    }

    // MARK: Search

    /// Byte offsets of the occurrences that do not overlap, from the front.
    static func occurrences(of part: [UInt8], in text: [UInt8], limit: Int = .max) -> [Int] {
        var found: [Int] = []
        forEachOccurrence(of: part, in: text, limit: limit) { found.append($0) }
        return found
    }

    /// Knuth, Morris and Pratt's search, as its time does not depend on what a hostile text looks like.
    private static func forEachOccurrence(
        of part: [UInt8], in text: [UInt8], limit: Int = .max, _ body: (Int) -> Void
    ) {
        guard !part.isEmpty, part.count <= text.count, limit > 0 else { return }
        let fallback = fallbackTable(of: part)
        var found = 0
        var matched = 0
        for (position, byte) in text.enumerated() {
            while matched > 0, part[matched] != byte { matched = fallback[matched - 1] }
            if part[matched] == byte { matched += 1 }
            guard matched == part.count else { continue }
            body(position + 1 - matched)
            matched = 0
            found += 1
            if found == limit { return }
        }
    }

    /// For each prefix, the length of the longest proper prefix of it that also ends it.
    private static func fallbackTable(of part: [UInt8]) -> [Int] {
        var table = [0]
        for byte in part.dropFirst() {
            var length = table[table.count - 1]
            while length > 0, part[length] != byte { length = table[length - 1] }
            table.append(part[length] == byte ? length + 1 : 0)
        }
        return table
    }

    static func contains(_ text: String, _ part: String) -> Bool {
        part.isEmpty || !occurrences(of: Array(part.utf8), in: Array(text.utf8), limit: 1).isEmpty
    }

    /// The position, counted in characters, of the first or last occurrence.
    static func position(of part: String, in text: String, fromEnd: Bool = false) -> Int? {
        let bytes = Array(text.utf8)
        let pattern = Array(part.utf8)
        let offset: Int?
        if pattern.isEmpty {
            offset = fromEnd ? bytes.count : 0
        } else if fromEnd {
            let reversed = occurrences(of: pattern.reversed(), in: bytes.reversed(), limit: 1).first
            offset = reversed.map { bytes.count - $0 - pattern.count }
        } else {
            offset = occurrences(of: pattern, in: bytes, limit: 1).first
        }
        return offset.map { string(bytes[..<$0]).unicodeScalars.count }
    }

    static func count(of part: String, in text: String) -> Int {
        guard !part.isEmpty else { return text.unicodeScalars.count + 1 }
        var count = 0
        forEachOccurrence(of: Array(part.utf8), in: Array(text.utf8)) { _ in count += 1 }
        return count
    }

    static func replacing(_ old: String, with new: String, in text: String, limit: Int = .max) -> String {
        guard !old.isEmpty else { return interleaving(new, into: text, limit: limit) }
        let (bytes, old, new) = (Array(text.utf8), Array(old.utf8), Array(new.utf8))
        var result: [UInt8] = []
        var end = 0
        forEachOccurrence(of: old, in: bytes, limit: limit) { place in
            if place > end { result += bytes[end..<place] }
            if !new.isEmpty { result += new }
            end = place + old.count
        }
        return string(result + bytes[end...])
    }

    /// Python finds the empty text before every character and at the end.
    private static func interleaving(_ new: String, into text: String, limit: Int) -> String {
        var result = ""
        var remaining = limit
        for scalar in text.unicodeScalars {
            if remaining > 0 { result += new }
            remaining -= 1
            result.unicodeScalars.append(scalar)
        }
        return remaining > 0 ? result + new : result
    }

    /// By doubling, as `String(repeating:count:)` takes a text at a time.
    static func repeated(_ text: String, times: Int) -> String {
        var bytes = Array(text.utf8)
        let total = bytes.count * times
        bytes.reserveCapacity(total)
        while bytes.count < total { bytes += bytes.prefix(total - bytes.count) }
        return string(bytes.prefix(total))
    }

    // MARK: Splitting

    /// At most `limit` cuts, from the front or the end; the separator must not be empty.
    static func split(
        _ text: String, separator: String, limit: Int = .max, fromEnd: Bool = false
    ) -> [String] {
        let bytes = Array(text.utf8)
        let pattern = Array(separator.utf8)
        var cuts: [Int]
        if fromEnd {
            cuts = occurrences(of: pattern.reversed(), in: bytes.reversed(), limit: limit).reversed()
            cuts = cuts.map { bytes.count - $0 - pattern.count }
        } else {
            cuts = occurrences(of: pattern, in: bytes, limit: limit)
        }
        let starts = [0] + cuts.map { $0 + pattern.count }
        return zip(starts, cuts + [bytes.count]).map { string(bytes[$0..<$1]) }
    }

    /// Words between runs of whitespace, at most `limit` cuts.
    static func words(_ text: String, limit: Int = .max, fromEnd: Bool = false) -> [String] {
        let scalars = Array(text.unicodeScalars)
        guard !fromEnd else {
            return words(string(scalars.reversed()), limit: limit).reversed().map {
                string($0.unicodeScalars.reversed())
            }
        }
        var words: [String] = []
        var rest = scalars.drop(while: isSpace)
        while !rest.isEmpty {
            guard words.count < limit else {
                words.append(string(rest))
                break
            }
            let word = rest.prefix { !isSpace($0) }
            words.append(string(word))
            rest = rest.dropFirst(word.count).drop(while: isSpace)
        }
        return words
    }

    static func lines(_ text: String, keepingEnds: Bool = false) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar == "\n", previous == "\r" {
                if keepingEnds, let last = lines.indices.last { lines[last].unicodeScalars.append(scalar) }
            } else if endsLine(scalar) {
                if keepingEnds { line.append(scalar) }
                lines.append(String(line))
                line = String.UnicodeScalarView()
            } else {
                line.append(scalar)
            }
            previous = scalar
        }
        return line.isEmpty ? lines : lines + [String(line)]
    }

    static func endsLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{B}", "\u{C}", "\u{1C}", "\u{1D}", "\u{1E}", "\u{85}", "\u{2028}", "\u{2029}":
            true
        default: false
        }
    }

    // MARK: Quoting

    /// Python's `repr` of a string.
    static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
        var result = String(quote)
        for scalar in scalars {
            switch scalar {
            case "\\", quote: result += "\\" + String(scalar)
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result += isPrintable(scalar) ? String(scalar) : escape(scalar)
            }
        }
        return result + String(quote)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case ..<0x100: "\\x" + scalar.value.hexadecimal(digits: 2)
        case ..<0x10000: "\\u" + scalar.value.hexadecimal(digits: 4)
        default: "\\U" + scalar.value.hexadecimal(digits: 8)
        }
    }

    // MARK: Building

    private static func string(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
