import Feedback
import Rewards
import Settings
import Training

/// `heed label prioritize`: which items are the most informative, by what is known now.
public enum Prioritization {
    public struct Result: Codable, Sendable {
        /// Items whose priority changed or was set.
        public let items: Int
        /// Reward models that scored them; 0 where the votes alone decide.
        public let members: Int
    }

    /// Gives work items their priority: by the disagreement of a reward-model ensemble where one is given, otherwise by each
    /// project's own way of selection.
    ///
    /// - Parameters:
    ///   - project: the only one; nil: all.
    ///   - rewardModel: an ensemble.
    /// - Throws: `InvalidSetting` where the reward model is a single one, which never disagrees with itself.
    public static func run(
        _ store: FeedbackStore, project: String?, rewardModel: String?, context: () throws -> RunContext
    ) throws -> Result {
        let projects = try store.read { try $0.projects(project, store: store.url.relativePath) }
        guard let rewardModel else {
            let priorities = try store.read { reader in
                try projects.map { try reader.priorities(in: $0.id) }
            }
            try store.write(by: nil) { writer in
                for priorities in priorities where !priorities.isEmpty {
                    try writer.setPriorities(priorities)
                }
            }
            return Result(items: priorities.reduce(0) { $0 + $1.count }, members: 0)
        }
        let items = try store.read { reader in
            try projects.flatMap { try reader.items(in: $0.id, kind: .work) }
        }
        return try score(items, of: store, by: rewardModel, context: context())
    }

    private static func score(
        _ items: [Item], of store: FeedbackStore, by rewardModel: String, context: RunContext
    ) throws -> Result {
        let scorer = try RewardModelSource(rewardModel, on: context.computation)
            .load(on: context.computation)
        guard scorer.members.count > 1 else {
            throw InvalidSetting(
                "reward-model", expected: "an ensemble (heed reward --ensemble N)", found: "a single model")
        }
        let bar = context.progress.begin("reward models", total: items.count)
        var priorities: [Item.ID: Double] = [:]
        for (index, item) in items.enumerated() {
            let answers = item.responses.map {
                RewardInput(prompt: item.prompt, text: $0.text, isFinished: $0.finish != .length)
            }
            let scores = try scorer.memberScores(of: answers).compactMap(\.self)
            // An answer that is too long to be scored leaves its item where it was.
            if scores.count == answers.count {
                let byMember = scorer.members.indices.map { member in scores.map { $0[member] } }
                priorities[item.id] = Disagreement.priority(ofScores: byMember)
            }
            bar.update(index + 1)
        }
        bar.finish()
        try store.write(by: nil) { [priorities] in try $0.setPriorities(priorities) }
        return Result(items: priorities.count, members: scorer.members.count)
    }
}
