/// Why an annotator could not be made, or could not judge.
public enum AnnotatorError: Error, Equatable, CustomStringConvertible {
    case malformedSpecification(String)
    case unknownAnnotator(String, known: [String])
    case unknownOption(String, annotator: String, known: [String])
    case repeatedOption(String, annotator: String)
    case missingOption(String, annotator: String, hint: String)
    case unfitValue(String, option: String, annotator: String, expected: String)
    case lexiconUnreadable(path: String, reason: String)
    case lexiconLine(path: String, line: Int, found: String)
    case lexiconEmpty(path: String)
    case scoreNotFinite(annotator: String, score: Double, text: String)
    /// With its prompt the answer has `tokens`, more than the annotator's context of `limit`.
    case answerTooLong(Answer, annotator: String, tokens: Int, limit: Int)

    public var description: String {
        switch self {
        case .malformedSpecification(let text):
            "annotator '\(text)': expected NAME or NAME:key=value,key=value"
        case .unknownAnnotator(let name, let known):
            "annotator '\(name)' is not known; the annotators are \(list(known))"
        case .unknownOption(let option, let annotator, let known):
            "annotator '\(annotator)' has no option '\(option)'; its options are \(list(known))"
        case .repeatedOption(let option, let annotator):
            "annotator '\(annotator)': option '\(option)' is given twice; keep one"
        case .missingOption(let option, let annotator, let hint):
            "annotator '\(annotator)' needs \(option)=…: \(hint)"
        case .unfitValue(let value, let option, let annotator, let expected):
            "annotator '\(annotator)': \(option)=\(value), expected \(expected)"
        case .lexiconUnreadable(let path, let reason):
            "\(path): the lexicon cannot be read (\(reason)); name the file of the vaderSentiment package"
        case .lexiconLine(let path, let line, let found):
            "\(path):\(line): expected a token, a tabulator and a number, found '\(found)'; "
                + "name the unchanged vader_lexicon.txt"
        case .lexiconEmpty(let path):
            "\(path): expected lines of a lexicon, found none; name the unchanged vader_lexicon.txt"
        case .scoreNotFinite(let annotator, let score, let text):
            "annotator '\(annotator)' scored an answer \(score), expected a finite number; it begins '\(text)'"
        case .answerTooLong(let answer, let annotator, let tokens, let limit):
            (answer.place.map { "\($0): " } ?? "")
                + "expected prompt and answer of at most \(limit) tokens, the context of annotator '\(annotator)', "
                + "found \(tokens); shorten or remove the answer that begins '\(answer.text.prefix(60))'"
        }
    }

    private func list(_ names: [String]) -> String { names.sorted().joined(separator: ", ") }
}
