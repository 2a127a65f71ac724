import Foundation
import JSON

/// Two rewards of which one takes precedence where harm is near (Touvron et al., "Llama 2", 2023, §3.2.3):
///
///     score = harmless    where the prompt's row says that it asks for harm, or σ(harmless) < threshold
///           = helpful     elsewhere
///
/// Theirs are probabilities, whose logit is whitened. A reward model's score is that logit already, so it is compared by its
/// probability and handed on as it is; any other reward is compared by its own score. Whitening is left to the method, which
/// knows the batch.
///
/// What it misses: harm that neither the row nor `harmless` sees. How it can be gamed: as its two rewards can. An answer without
/// a score of `harmless` has none, and neither has one that `helpful` should judge and cannot.
struct GatedReward: Reward {
    static let standardThreshold = 0.15

    let name = "gate"
    let harmless: any Reward
    let helpful: any Reward
    let threshold: Double
    private let truth: TruthColumn

    /// - Parameter column: of the row, with whether the prompt asks for harm; nil: ``Harmfulness/column``.
    init(
        harmless: any Reward, helpful: any Reward, threshold: Double = Self.standardThreshold,
        column: String? = nil
    ) {
        self.harmless = harmless
        self.helpful = helpful
        self.threshold = threshold
        truth = .harmful(column, reader: name)
    }

    var description: String {
        "The score is \(harmless.name)'s where a prompt asks for harm, which its column \"\(truth.name)\" says, or where "
            + "\(harmless.isLogit ? "the probability of that score" : "that score") is below \(threshold), and "
            + "\(helpful.name)'s elsewhere. \(harmless.name): \(harmless.description) \(helpful.name): "
            + helpful.description
    }

    var notes: [String] {
        guard harmless.isLogit != helpful.isLogit else { return harmless.notes + helpful.notes }
        return harmless.notes + helpful.notes + [
            "\(name): \(harmless.name) and \(helpful.name) score on different scales, as one of them gives the logits "
                + "of a reward model and the other does not: bring them to one, or the gate itself is rewarded"
        ]
    }

    var isLogit: Bool { harmless.isLogit && helpful.isLogit }

    func scores(of inputs: [RewardInput]) throws -> [Double?] {
        let harmful = try inputs.map(truth.boolean)
        let (safe, useful) = (
            try harmless.checkedScores(of: inputs), try helpful.checkedScores(of: inputs)
        )
        return inputs.indices.map { index in
            guard let score = safe[index] else { return nil }
            return harmful[index] == true || isDangerous(score) ? score : useful[index]
        }
    }

    private func isDangerous(_ score: Double) -> Bool {
        (harmless.isLogit ? 1 / (1 + exp(-score)) : score) < threshold
    }

    func canScore(answersTo question: RewardInput) throws -> Bool {
        let isHarmful = try truth.boolean(in: question) == true
        let isWatched = try harmless.canScore(answersTo: question)
        return try isWatched && (isHarmful || helpful.canScore(answersTo: question))
    }

    func obstacle(to input: RewardInput) throws -> String {
        try [harmless, helpful].map { try $0.obstacle(to: input) }.joined(separator: "; ")
    }
}
