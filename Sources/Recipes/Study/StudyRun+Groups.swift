import Errors
import Evaluation
import Files
import Foundation
import Statistics

extension StudyRun {
    /// Stages of the groups' policies, but for that of the worst-off.
    func groupEntries(_ groups: StudyGroups, _ searches: [Search]) throws -> [RecipeFile.Entry] {
        try plan.groundwork(of: groups)
            + (groups.groups.map(\.name) + [StudyGroups.pooled]).flatMap {
                try trainings(of: $0, groups, searches)
            }
    }

    /// Stages of the policy for the worst-off, and whom it favours; none where the pooled one could not be measured.
    func worstOff(
        _ groups: StudyGroups, _ searches: [Search], _ state: State
    ) throws -> (shares: [GroupsInput.Share], entries: [RecipeFile.Entry]) {
        let side = "validation"
        let pooled = (1...file.seeds).compactMap { seed in
            found(StudyPlan.validation(ofPooled: "seed-\(seed)"), state)
        }
        guard !pooled.isEmpty, let start = found("\(StudyPlan.groupsStart)/\(side)", state) else {
            return ([], [])
        }
        let rates = groups.groups.compactMap { group in
            mean(of: pooled.compactMap { StudyInput.winRate(of: $0, against: start, judge: group.name) })
                .map { (group: group.name, rate: $0) }
        }
        guard rates.count == groups.groups.count else { return ([], []) }
        let shares = GroupsInput.shares(winRates: rates, favour: groups.favour)
        return (
            shares,
            try [plan.judgmentsOfWorstOff(shares, groups)]
                + trainings(of: StudyGroups.worstOff, groups, searches)
        )
    }

    private func trainings(
        of policy: String, _ groups: StudyGroups, _ searches: [Search]
    ) throws -> [RecipeFile.Entry] {
        let chosen = searches.first { $0.arm.name == groups.arm }?.chosen ?? []
        return try plan.sharedModels(of: policy, groups)
            + (1...file.seeds).flatMap { seed in
                try plan.training(
                    "seed-\(seed)", of: policy, groups, seed: file.seed + seed, chosen: chosen)
            }
    }

    /// What the report says of groups; nil where not even the start was measured.
    func input(
        of groups: StudyGroups, _ shares: [GroupsInput.Share], _ state: State
    ) throws -> GroupsInput? {
        guard let start = found("\(StudyPlan.groupsStart)/test", state) else { return nil }
        let percent = NumberStyle.percent
        let descriptions =
            groups.groups.map { ($0.name, "\(groups.arm) on the judgments of \($0.name) alone") } + [
                (
                    StudyGroups.pooled,
                    "\(groups.arm) on the judgments of all groups, as many as there are of each"
                ),
                (
                    StudyGroups.worstOff,
                    "\(groups.arm) on as many judgments, of which "
                        + shares.map { "\(percent.text($0.share)) are of \($0.group)" }.joined(
                            separator: ", ")
                        + ": the less a group gained by \(StudyGroups.pooled) on the validation prompts, the more"
                ),
            ]
        let policies = try descriptions.compactMap { name, description -> GroupsInput.Policy? in
            guard let arm = plan.arm(name, of: groups) else { return nil }
            let seeds = try (1...file.seeds).compactMap { try measurement(of: arm, "seed-\($0)", state) }
            return seeds.isEmpty
                ? nil : GroupsInput.Policy(name: name, description: description, seeds: seeds)
        }
        return GroupsInput(
            arm: groups.arm,
            groups: groups.groups.map { .init(name: $0.name, description: $0.description) },
            policies: policies, pooled: StudyGroups.pooled, start: start, shares: shares,
            habits: try? JudgmentHabits(folder: folder.appending(path: StudyPlan.habits)))
    }

    /// Nil where the stage failed, or did not come about as another did.
    func found(_ stage: String, _ state: State) -> ArmMeasurement? {
        guard !state.failures.contains(where: { $0.stage == stage }) else { return nil }
        return try? ArmMeasurement(folder: folder.appending(path: stage))
    }
}
