/// Cuts text into the words within which the merges work.
///
/// Every step cuts the pieces of the step before it further; nothing is removed or changed.
struct PreTokenizer: Sendable {
    enum Step: Sendable, Equatable {
        /// Numeric characters apart from all others, one by one or in runs.
        case digits(individually: Bool)
        case pattern(SplitPattern)
    }

    let steps: [Step]

    func forEachPiece(of text: Bytes, _ body: (Range<Int>) -> Void) {
        split(0..<text.count, of: CharacterReader(text), fromStep: 0, body)
    }

    private func split(
        _ range: Range<Int>, of reader: CharacterReader, fromStep index: Int, _ body: (Range<Int>) -> Void
    ) {
        guard index < steps.count else { return body(range) }
        var start = range.lowerBound
        while start < range.upperBound {
            let end = endOfPiece(of: reader, by: steps[index], from: start, to: range.upperBound)
            split(start..<end, of: reader, fromStep: index + 1, body)
            start = end
        }
    }

    private func endOfPiece(of reader: CharacterReader, by step: Step, from start: Int, to limit: Int) -> Int
    {
        switch step {
        case .digits(let individually):
            endOfDigitsOrOthers(of: reader, from: start, to: limit, individually: individually)
        case .pattern(let pattern):
            reader.endOfPiece(pattern, from: start, to: limit)
        }
    }

    private func endOfDigitsOrOthers(
        of reader: CharacterReader, from start: Int, to limit: Int, individually: Bool
    ) -> Int {
        let (first, length) = reader.character(at: start)
        var end = start + length
        if first == .number, individually { return end }
        while end < limit {
            let (next, length) = reader.character(at: end)
            if (next == .number) != (first == .number) { break }
            end += length
        }
        return end
    }
}
