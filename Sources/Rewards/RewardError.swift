import Errors

/// Why a reward could not be made, or could not score.
public enum RewardError: CategorizedError, Equatable, CustomStringConvertible {
    case lexiconUnreadable(path: String, reason: String)
    case lexiconLine(path: String, line: Int, found: String)
    case lexiconEmpty(path: String)
    case scoreNotFinite(reward: String, score: Double, text: String)
    /// Where every answer must have a score, this one has none.
    case unscored(RewardInput, why: String)

    public var category: ErrorCategory {
        switch self {
        case .unscored, .scoreNotFinite: .badData
        case .lexiconUnreadable, .lexiconLine, .lexiconEmpty: .usage
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
        case .unscored(let input, let why):
            (input.place.map { "\($0): " } ?? "") + why
                + "; shorten or remove the answer that begins '\(input.text.prefix(60))'"
        }
    }
}
