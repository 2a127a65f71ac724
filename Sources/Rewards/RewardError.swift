import Errors

/// Why a reward could not be made, or could not score.
public enum RewardError: CategorizedError, Equatable, CustomStringConvertible {
    case lexiconUnreadable(path: String, reason: String)
    case lexiconLine(path: String, line: Int, found: String)
    case lexiconEmpty(path: String)
    case scoreNotFinite(reward: String, score: Double, text: String)
    /// A row lacks a column that a reward compares answers with.
    case missingColumn(String, reader: String, option: String, input: RewardInput)
    /// A column holds something else than what a reward can compare answers with.
    case unfitColumn(String, reader: String, expected: String, found: String, input: RewardInput)
    /// A file that a reward reads is not what it should be.
    case fileUnfit(path: String, expected: String, found: String)
    /// Where every answer must have a score, this one has none.
    case unscored(RewardInput, why: String)
    /// Who was asked about this one did not answer.
    case unanswered(RewardInput, why: String)

    public var category: ErrorCategory {
        switch self {
        case .unanswered: .inputOutput
        case .unscored, .scoreNotFinite, .missingColumn, .unfitColumn: .badData
        case .lexiconUnreadable, .lexiconLine, .lexiconEmpty, .fileUnfit: .usage
        }
    }

    public var description: String {
        switch self {
        case .lexiconUnreadable(let path, let reason):
            "\(path): the lexicon cannot be read (\(reason)); name the file of the vaderSentiment package"
        case .lexiconLine(let path, let line, let found):
            "\(path):\(line): expected a token, a tab and a number, found '\(found)'; "
                + "name the unchanged vader_lexicon.txt"
        case .lexiconEmpty(let path):
            "\(path): expected lines of a lexicon, found none; name the unchanged vader_lexicon.txt"
        case .scoreNotFinite(let reward, let score, let text):
            "reward '\(reward)' scored an answer \(score), expected a finite number; it begins '\(text)'"
        case .missingColumn(let name, let reader, let option, let input):
            Self.place(of: input)
                + "expected the column \"\(name)\", which '\(reader)' compares answers with, found "
                + (input.columns.isEmpty
                    ? "none beside the prompt"
                    : input.columns.map { "\"\($0.key)\"" }.sorted().joined(separator: ", "))
                + "; add it, or name another with \(reader):\(option)=COLUMN"
        case .unfitColumn(let name, let reader, let expected, let found, let input):
            Self.place(of: input)
                + "expected \(expected) in \"\(name)\", which '\(reader)' compares answers with, "
                + "found \(found); fix or remove the row"
        case .fileUnfit(let path, let expected, let found):
            "\(path): expected \(expected), found \(found); name another file"
        case .unscored(let input, let why):
            Self.place(of: input) + why
                + "; shorten or remove the answer that begins '\(input.text.prefix(60))'"
        case .unanswered(let input, let why): Self.place(of: input) + why
        }
    }

    private static func place(of input: RewardInput) -> String { input.place.map { "\($0): " } ?? "" }
}
