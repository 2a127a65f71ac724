import Foundation

/// Whether a response matches a regular expression (ICU's syntax): 1 or 0.
///
/// What it measures: a match somewhere in the response as it is, or of all of it. What it misses: whatever
/// the pattern does. How it can be gamed: as the pattern allows. A response that makes the expression try for
/// too long has no score: the work is bounded by steps, not by a clock, so that the score is the same every
/// time.
struct RegexReward: Verifier {
    /// Where the pattern is.
    enum Source {
        case pattern(NSRegularExpression)
        case column(TruthColumn)
    }

    /// How often the engine may report before it is stopped, besides once at each place where a match may begin; a further
    /// report comes after some 10,000 steps.
    private static let maximumReports = 32

    let name = "regex"
    let source: Source
    /// Whether all of the response must match.
    let isWhole: Bool

    var description: String {
        let pattern =
            switch source {
            case .pattern(let expression): "'\(expression.pattern)'"
            case .column(let column): "the pattern in the column \"\(column.name)\""
            }
        return "A program that looks for \(pattern) in answers. It does not know what they say."
    }

    var truths: [TruthColumn] { if case .column(let column) = source { [column] } else { [] } }

    func score(_ input: RewardInput) throws -> Double? {
        let expression: NSRegularExpression
        switch source {
        case .pattern(let own): expression = own
        case .column(let column):
            let pattern = try column.text(in: input)
            guard let compiled = try? NSRegularExpression(pattern: pattern) else {
                throw column.unfit(.string(pattern), expected: "a regular expression", in: input)
            }
            expression = compiled
        }
        return matches(expression, input.text).map { $0 ? 1 : 0 }
    }

    /// - Returns: nil where the engine was stopped.
    private func matches(_ expression: NSRegularExpression, _ text: String) -> Bool? {
        let range = NSRange(location: 0, length: text.utf16.count)
        let limit = range.length + Self.maximumReports
        var (reports, isFound) = (0, false)
        expression.enumerateMatches(in: text, options: .reportProgress, range: range) { match, _, stop in
            if let match {
                isFound = !isWhole || match.range == range
                if isFound { stop.pointee = true }
            } else {
                reports += 1
                if reports == limit { stop.pointee = true }
            }
        }
        return isFound ? true : reports < limit ? false : nil
    }

    func obstacle(to input: RewardInput) -> String {
        unknownTruth(in: input)
            ?? "expected an answer that the regular expression decides without trying for too long"
    }
}
