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

    /// - Throws: ``AnnotatorError/answerTooLong(annotator:text:)``, or what the chat template refuses.
    public func scores(of answers: [Answer]) throws -> [Double] {
        let scores = try scorer.scores(of: answers.map { RewardedResponse(prompt: $0.prompt, text: $0.text) })
        return try zip(answers, scores).map { answer, score in
            guard let score else {
                throw AnnotatorError.answerTooLong(annotator: name, text: String(answer.text.prefix(60)))
            }
            return score
        }
    }
}
