import Foundation

/// How pleasant words are, from −4 to 4, read from a file in the form of VADER's lexicon (Hutto and Gilbert, *VADER:
/// A Parsimonious Rule-Based Model for Sentiment Analysis of Social Media Text*, 2014): a line for each token, with
/// the token, its mean valence and anything else, separated by tabs.
public struct ValenceLexicon: Sendable {
    private let valences: [String: Double]

    public var count: Int { valences.count }

    public init(contentsOf file: URL) throws {
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw RewardError.lexiconUnreadable(path: file.path, reason: error.localizedDescription)
        }
        try self.init(text: String(decoding: data, as: UTF8.self), path: file.path)
    }

    /// - Parameter path: names the source in errors.
    public init(text: String, path: String) throws {
        var valences: [String: Double] = [:]
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count > 1, let valence = Double(fields[1].trimmingCharacters(in: .whitespaces)),
                valence.isFinite
            else {
                throw RewardError.lexiconLine(path: path, line: index + 1, found: String(line.prefix(60)))
            }
            valences[fields[0].trimmingCharacters(in: .whitespaces).lowercased()] = valence
        }
        guard !valences.isEmpty else { throw RewardError.lexiconEmpty(path: path) }
        self.valences = valences
    }

    /// `nil` for a word that the lexicon does not know: such a word is not neutral, it is unknown.
    public subscript(word: String) -> Double? { valences[word] }
}
