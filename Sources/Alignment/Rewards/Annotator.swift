import Datasets

/// An answer as an annotator sees it.
public struct Answer: Hashable, Sendable {
    /// What was asked.
    public var prompt: Text
    public var text: String
    /// Whether the model ended the answer itself; `false` when the token budget cut it off.
    public var isFinished: Bool
    /// The row it stands in, for messages; nil where it comes from no file.
    public var place: Place?

    public init(prompt: Text, text: String, isFinished: Bool, place: Place? = nil) {
        self.prompt = prompt
        self.text = text
        self.isFinished = isFinished
        self.place = place
    }
}

/// Judges answers where no person is at the keyboard.
///
/// An annotator only scores; who is preferred, and how often the judgment is a slip, is the work of
/// ``PreferenceJudge``.
public protocol Annotator {
    /// The name by which it is chosen on the command line.
    var name: String { get }

    /// Two sentences for the screen and the report: that it is no person, and what it likes.
    var description: String { get }

    /// A finite number for each answer, higher is better, the same for the same answer every time.
    func scores(of answers: [Answer]) throws -> [Double]
}

extension Annotator {
    /// The scores, one for each answer.
    ///
    /// - Throws: ``AnnotatorError/scoreNotFinite(annotator:score:text:)``, or what the annotator throws.
    func finiteScores(of answers: [Answer]) throws -> [Double] {
        let scores = try scores(of: answers)
        precondition(scores.count == answers.count, "\(answers.count) answers got \(scores.count) scores")
        if let (answer, score) = zip(answers, scores).first(where: { !$1.isFinite }) {
            throw AnnotatorError.scoreNotFinite(
                annotator: name, score: score, text: String(answer.text.prefix(60)))
        }
        return scores
    }
}
