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
    /// In words what a language model compared two answers by.
    public static let principle = "principle"
    /// True where the other order of the answers gives the other verdict.
    public static let flipped = "flipped"
    /// The content hash of what is known of the judge; absent where nothing is.
    public static let card = "card"

    static let all = [mark, chosenScore, rejectedScore, probability, principle, flipped, card]
}

extension ResponsesRow {
    /// The responses as a reward sees them. One whose end nobody recorded counts as finished.
    ///
    /// - Parameter place: of the row, for messages.
    public func rewardInputs(at place: Place? = nil) -> [RewardInput] {
        let columns = PromptRow(prompt: prompt, extra: extra).columnsForRewards
        return responses.map {
            RewardInput(
                prompt: prompt, text: $0.text, isFinished: $0.finish != .length,
                tokenCount: $0.extra["tokens"]?.array?.count, columns: columns, place: place)
        }
    }
}
