import Datasets
import JSON
import Models
import Rewards
import Training

/// A reward that scores the answers of arms: the one that was maximised, or stands in for it, which chooses the best of several
/// answers and is held against the judge along the frontier; and the judges of a measurement.
struct ProxyReward {
    /// As a report calls it.
    let name: String
    let reward: any Reward
    /// Of everything that its scores follow from.
    private let fingerprint: String

    /// - Throws: what is wrong with the rewards or the files that they name.
    init(_ selection: RewardSelection, context: RunContext) throws {
        let sources = try context.rewards.sources(selection, on: context.computation)
        reward = try sources.loadSum()
        name = reward.name
        let hashes = try context.rewards.inputs(of: selection).map { try $0.contentHash() }
        fingerprint = hash(of: selection.arguments + hashes + ["\(context.precision)"])
    }

    /// A score for each answer of an arm; nil where the reward gives none.
    /// - Parameter measurement: what the folder calls them.
    func scores(
        of answers: [ArmAnswer], by arm: String, to prompts: [SourcedRow<PromptRow>],
        in folder: EvaluationFolder, as measurement: String = "proxy"
    ) throws -> EvaluationFolder.Measurement<[Double?]> {
        let inputs = answers.map { $0.rewardInput(prompts) }
        let texts = inputs.flatMap { [$0.prompt.json.text(), $0.text, JSONValue.object($0.columns).text()] }
        return try folder.measurement(measurement, of: arm, fingerprint: hash(of: [fingerprint] + texts)) {
            try reward.checkedScores(of: inputs)
        }
    }
}
