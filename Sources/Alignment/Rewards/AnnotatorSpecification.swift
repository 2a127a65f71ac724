/// An annotator as it is named on the command line: `NAME[:key=value,…]`. Values cannot hold a comma.
public struct AnnotatorSpecification: Hashable, Sendable {
    public let name: String
    public let values: [String: String]

    public init(_ text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty else { throw AnnotatorError.malformedSpecification(text) }
        var values: [String: String] = [:]
        for option in parts.dropFirst().flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }
        ) {
            let sides = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
                throw AnnotatorError.malformedSpecification(text)
            }
            guard values.updateValue(String(sides[1]), forKey: String(sides[0])) == nil else {
                throw AnnotatorError.repeatedOption(String(sides[0]), annotator: String(name))
            }
        }
        self.name = String(name)
        self.values = values
    }

    public func string(_ option: String) -> String? { values[option] }

    /// The option's number, or `fallback` where it is not given.
    ///
    /// - Throws: ``AnnotatorError/unfitValue(_:option:annotator:expected:)`` outside `lowest..<limit`.
    public func number(
        _ option: String, default fallback: Double, from lowest: Double, below limit: Double = .infinity
    ) throws -> Double {
        guard let text = values[option] else { return fallback }
        guard let number = Double(text), number >= lowest, number < limit else {
            let range = limit.isFinite ? "from \(lowest) to below \(limit)" : "of at least \(lowest)"
            throw AnnotatorError.unfitValue(
                text, option: option, annotator: name, expected: "a number \(range)")
        }
        return number
    }
}
