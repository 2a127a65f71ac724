import Datasets

/// Columns that a program's judgment carries beside those of its schema. A person's judgment has none of them.
public enum SimulatedJudgment {
    /// Always true.
    public static let mark = "simulated"
    public static let chosenScore = "chosen_score"
    public static let rejectedScore = "rejected_score"
    /// The probability, before the draw, that this answer would be the chosen one; below one half where the judgment
    /// went against the scores.
    public static let probability = "probability"
}

extension ResponsesRow {
    /// The responses as an annotator sees them. One whose end nobody recorded is judged as finished.
    ///
    /// - Parameter place: of the row, for messages.
    public func answers(at place: Place? = nil) -> [Answer] {
        responses.map {
            Answer(prompt: prompt, text: $0.text, isFinished: $0.finish != .length, place: place)
        }
    }
}
