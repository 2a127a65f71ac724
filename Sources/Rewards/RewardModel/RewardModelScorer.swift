import Datasets
import LanguageModels
import Statistics
import Tokenization
import Torch

/// A trained reward model with what it knows besides its weights. A model on its own is an ensemble of one member.
public struct TrainedRewardModel {
    public let model: RewardModel
    public let description: RewardDescription
    let groups: GroupHeads?

    /// - Parameters:
    ///   - description: nil for a model that was trained elsewhere.
    ///   - groups: the heads of the groups that the description names.
    public init(_ model: RewardModel, description: RewardDescription? = nil, groups: GroupHeads? = nil) {
        self.model = model
        self.description = description ?? RewardDescription(aspects: model.labels)
        self.groups = groups
    }

    /// Of each sequence [1 + G][A]: the scores of the shared model and of each group.
    /// - Throws: ``ModelNotFinite`` with the number of the sequence.
    func scores(of batch: PackedBatch) throws -> [[[Double]]] {
        try withoutGradients {
            let states = model.lastStates(of: batch)
            let shared = states.linear(weight: model.scoreWeight)
            let scores = (groups?.scores(of: states, shared: shared) ?? shared.unsqueezed(1)).doubles()
            let (views, aspects) = (1 + (groups?.names.count ?? 0), model.labels.count)
            if let place = scores.firstIndex(where: { !$0.isFinite }) {
                throw ModelNotFinite(
                    model: model.origin, quantity: "a score", value: scores[place],
                    index: place / (views * aspects))
            }
            return scores.chunked(views * aspects).map { $0.chunked(aspects).map(Array.init) }
        }
    }
}

/// A reward model and its own tokenizer: text is laid out by the preparation that its training used, so that it sees
/// exactly the tokens it was trained to see, end of sequence included.
public final class RewardModelScorer: Reward {
    public let members: [TrainedRewardModel]
    public let combination: ScoreCombination
    public let name: String
    /// The model as the user named it.
    private let argument: String
    private let preparation: RewardPreparation
    private let batchSize: Int

    /// - Parameters:
    ///   - members: at least one; all of them read the same tokens.
    ///   - combination: how their scores become one.
    ///   - argument: how the user named the model.
    public init(
        members: [TrainedRewardModel], combination: ScoreCombination = ScoreCombination(),
        tokenizer: Tokenizer,
        batchSize: Int = 16, name: String = "reward-model", argument: String = ""
    ) {
        precondition(!members.isEmpty, "a scorer without a reward model")
        self.members = members
        self.combination = combination
        self.name = name
        self.argument = argument
        self.batchSize = batchSize
        preparation = RewardPreparation(tokenizer: tokenizer, maximumLength: nil)
    }

    public convenience init(model: RewardModel, tokenizer: Tokenizer, batchSize: Int = 16) {
        self.init(members: [TrainedRewardModel(model)], tokenizer: tokenizer, batchSize: batchSize)
    }

    /// What the first member knows; aspects and groups are the same in all.
    public var knowledge: RewardDescription { members[0].description }

    public var description: String {
        "A reward model that stands in for people (\(argument)). It knows no more than the judgments it was trained on, and "
            + "likes whatever resembles the answers that were preferred there."
    }

    /// Tokens of prompt and response that the model can score.
    public var maximumLength: Int { members.map(\.model.configuration.contextLength).min() ?? 0 }

    /// Normalised scores are none: they count deviations.
    public var isLogit: Bool { !combination.isNormalized }

    /// - Throws: ``ModelNotFinite`` naming the answer's row.
    public func scores(of inputs: [RewardInput]) throws -> [Double?] {
        try allScores(of: sequences(of: inputs), at: inputs.map(\.place)).map { $0.map(score) }
    }

    public func obstacle(to input: RewardInput) throws -> String {
        "expected prompt and answer of at most \(maximumLength) tokens, the context of reward '\(name)', found "
            + "\(try sequences(of: [input])[0].count)"
    }

    /// What each member says of each answer on its own, the mean over aspects; nil for an answer that is too long.
    public func memberScores(of answers: [RewardInput]) throws -> [[Double]?] {
        try allScores(of: sequences(of: answers), at: answers.map(\.place)).map { scores in
            scores.map { $0.members.map { Moments($0[0]).mean } }
        }
    }

    /// The tokens that the model is given for each answer.
    func sequences(of answers: [RewardInput]) throws -> [[Int]] {
        try answers.enumerated().map { index, answer in
            try preparation.tokens(
                prompt: answer.prompt, response: answer.prompt.answer(answer.text), columns: answer.columns,
                at: answer.place ?? Place(file: "response", line: index + 1))
        }
    }

    /// Scores of token sequences, in their order; longer than the model's context: nil.
    /// - Throws: ``ModelNotFinite`` with the number of the sequence.
    public func scores(of sequences: [[Int]]) throws -> [Double?] {
        try allScores(of: sequences).map { $0.map(score) }
    }

    /// The one number that the combination makes of an answer's scores.
    public func score(_ scores: RewardScores) -> Double {
        combination.score(scores.members, members.map(\.description))
    }

    /// All scores of token sequences, in their order; longer than the model's context: nil.
    /// - Parameter places: of the sequences, for the error.
    /// - Throws: ``ModelNotFinite``.
    public func allScores(of sequences: [[Int]], at places: [Place?] = []) throws -> [RewardScores?] {
        let fitting = sequences.indices.filter { sequences[$0].count <= maximumLength }
            .sorted { (sequences[$0].count, $0) < (sequences[$1].count, $1) }
        var result = [RewardScores?](repeating: nil, count: sequences.count)
        for batch in fitting.chunked(batchSize) {
            let packed = PackedBatch(batch.map { sequences[$0] })
            let scores = try ModelNotFinite.naming {
                let index = batch[batch.startIndex + $0]
                return (places.isEmpty ? nil : places[index]).map { "\($0)" } ?? "text \(index + 1)"
            } _: {
                try members.map { try $0.scores(of: packed) }
            }
            for (position, index) in batch.enumerated() {
                result[index] = RewardScores(members: scores.map { $0[position] })
            }
        }
        return result
    }
}

/// Everything that a reward model says about one answer.
public struct RewardScores: Codable, Hashable, Sendable {
    /// [members][1 + G][A]: of the shared model and of each group, an aspect each.
    public let members: [[[Double]]]

    public init(members: [[[Double]]]) {
        self.members = members
    }

    /// The mean over members of one view's scores, [A]; the view 0 is the shared model, 1 the first group.
    public func means(ofView view: Int = 0) -> [Double] {
        members[0][view].indices.map { aspect in
            members.reduce(0) { $0 + $1[view][aspect] } / Double(members.count)
        }
    }
}
