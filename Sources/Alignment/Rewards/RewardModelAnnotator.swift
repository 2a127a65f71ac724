/// Prefers the answers that a reward model scores higher.
public struct RewardModelAnnotator: Annotator {
    public let name = "reward-model"
    /// The model as the user named it.
    private let model: String
    private let scorer: RewardModelScorer

    public init(_ scorer: RewardModelScorer, model: String) {
        self.scorer = scorer
        self.model = model
    }

    public var description: String {
        "A reward model that stands in for people (\(model)). It knows no more than the judgments it was trained on, and "
            + "likes whatever resembles the answers that were preferred there."
    }

    /// - Throws: ``AnnotatorError/answerTooLong(_:annotator:tokens:limit:)``, or what the chat template refuses.
    public func scores(of answers: [Answer]) throws -> [Double] {
        let sequences = try scorer.sequences(of: answers)
        return try zip(answers, zip(sequences, scorer.scores(of: sequences))).map { answer, scored in
            guard let score = scored.1 else {
                throw AnnotatorError.answerTooLong(
                    answer, annotator: name, tokens: scored.0.count, limit: scorer.maximumLength)
            }
            return score
        }
    }
}
