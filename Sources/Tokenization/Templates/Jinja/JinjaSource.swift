/// The scalars of a template, with newlines made one kind and the last one dropped, as Jinja does before it
/// reads.
struct JinjaSource {
    private let scalars: [Unicode.Scalar]
    private let lineStarts: [Int]

    init(_ text: String) {
        var scalars: [Unicode.Scalar] = []
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar == "\r" {
                scalars.append("\n")
            } else if scalar != "\n" || previous != "\r" {
                scalars.append(scalar)
            }
            previous = scalar
        }
        if scalars.last == "\n" { scalars.removeLast() }
        self.scalars = scalars
        lineStarts = [0] + scalars.indices.filter { scalars[$0] == "\n" }.map { $0 + 1 }
    }

    var count: Int { scalars.count }

    subscript(position: Int) -> Unicode.Scalar { scalars[position] }

    func string(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[range])
        return String(text)
    }

    func location(of position: Int) -> TemplateLocation {
        var lower = 0
        var upper = lineStarts.count
        while upper - lower > 1 {
            let middle = (lower + upper) / 2
            if lineStarts[middle] <= position { lower = middle } else { upper = middle }
        }
        return TemplateLocation(line: lower + 1, column: position - lineStarts[lower] + 1)
    }

    func hasPrefix(_ prefix: String, at position: Int) -> Bool {
        position <= count && scalars[position...].starts(with: prefix.unicodeScalars)
    }

    func firstIndex(of pattern: String, from start: Int) -> Int? {
        (start..<max(start, count)).first { hasPrefix(pattern, at: $0) }
    }

    func endOfSpace(from start: Int) -> Int {
        var position = start
        while position < count, PythonText.isSpace(scalars[position]) { position += 1 }
        return position
    }

    /// The whitespace-control sign after an opening or before a closing brace.
    func sign(at position: Int) -> Unicode.Scalar? {
        guard position < count, ["-", "+"].contains(scalars[position]) else { return nil }
        return scalars[position]
    }

    /// The ways in which a tag may end.
    struct Closings: OptionSet {
        let rawValue: Int
        /// `%}`, and the newline after it.
        static let plain = Closings(rawValue: 1)
        /// `%}` alone.
        static let plainKeepingNewline = Closings(rawValue: 2)
        /// `-%}`, and all whitespace after it.
        static let strip = Closings(rawValue: 4)
        /// `+%}` alone.
        static let keep = Closings(rawValue: 8)

        static let all: Closings = [.plain, .strip, .keep]
    }

    /// Where the text after a closing such as `%}` at `position` begins; nil if none of `variants` is
    /// there.
    func end(ofClosing position: Int, _ closing: String, variants: Closings) -> Int? {
        if variants.contains(.strip), hasPrefix("-" + closing, at: position) {
            return endOfSpace(from: position + 3)
        }
        if variants.contains(.keep), hasPrefix("+" + closing, at: position) { return position + 3 }
        guard hasPrefix(closing, at: position) else { return nil }
        let end = position + 2
        let skipsNewline = variants.contains(.plain) && end < count && scalars[end] == "\n"
        return skipsNewline ? end + 1 : end
    }

    /// Where the text after a tag that is nothing but `name` begins; `start` is just after its `{%`.
    func end(ofTag name: String, from start: Int, closing variants: Closings) -> Int? {
        let nameStart = endOfSpace(from: start)
        guard hasPrefix(name, at: nameStart) else { return nil }
        let nameEnd = endOfSpace(from: nameStart + name.unicodeScalars.count)
        return end(ofClosing: nameEnd, "%}", variants: variants)
    }
}
