/// How near an answer's length is to what was asked for, from 0 to 1.
///
///     score = min(1, length / min) · min(1, max / length)
///
/// What it measures: words, or characters. What it misses: everything they say. How it can be gamed: by
/// padding up to `min`, which is why it should weigh little.
struct LengthReward: Verifier {
    enum Unit: String, CaseIterable, Sendable { case words, characters }

    let name = "length"
    let unit: Unit
    let range: ClosedRange<Int>

    /// - Parameter range: from at least 0.
    init(_ range: ClosedRange<Int>, unit: Unit = .words) {
        (self.range, self.unit) = (range, unit)
    }

    var description: String {
        "A program that likes answers of \(range.lowerBound) to \(range.upperBound) \(unit.rawValue). "
            + "It does not know what they say."
    }

    func score(_ input: RewardInput) -> Double? {
        let length =
            switch unit {
            case .words: input.text.split(whereSeparator: \.isWhitespace).count
            case .characters: input.text.count
            }
        let enough = range.lowerBound == 0 ? 1 : min(1, Double(length) / Double(range.lowerBound))
        return enough * (length == 0 ? 1 : min(1, Double(range.upperBound) / Double(length)))
    }
}
