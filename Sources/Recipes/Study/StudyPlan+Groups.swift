import Evaluation
import Settings
import Verbs
import Yams

extension StudyPlan {
    static let groupsName = "groups"
    static let groupsStart = "\(measured)/\(groupsName)/\(startName)"
    static let habits = "\(measured)/\(groupsName)/judgments"

    static func validation(ofPooled training: String) -> String {
        "\(measured)/\(groupsName)/\(StudyGroups.pooled)/validation-\(training)"
    }

    private static func judgments(of policy: String) -> String {
        "\(models)/\(groupsName)/\(policy)/judgments"
    }

    private static func reference(_ stage: String) -> Node { Node("${\(stage)}") }

    /// The arm that makes the policies of groups.
    func arm(of groups: StudyGroups) -> StudyArm? { file.arms.first { $0.name == groups.arm } }

    /// The arm as it makes one policy: its own place, the same settings.
    func arm(_ policy: String, of groups: StudyGroups) -> StudyArm? {
        arm(of: groups)?.renamed("\(Self.groupsName)/\(policy)")
    }

    /// Whether an arm would be another one with other judgments.
    func learnsFromJudgments(_ arm: StudyArm) -> Bool {
        ["judgments", "unpaired-judgments", "reward-model"].contains { arm.mentions($0) }
    }

    /// Every group's judgments, judge and habits, and what it says of the start.
    func groundwork(of groups: StudyGroups) throws -> [RecipeFile.Entry] {
        let judgments = try groups.groups.map { group in
            let name = Self.judgments(of: group.name)
            switch group.source {
            case .annotator(let rewards):
                return try entry(
                    name, "annotate",
                    own: groups.annotation + [
                        Setting(
                            key: "annotator", node: Node(rewards.map { Node($0) }), origin: groups.origin),
                        Setting(
                            key: "responses", node: groups.responses?.node ?? Node(""), origin: groups.origin),
                    ], fixed: [])
            case .judgments(let files):
                return try entry(
                    name, "mix", own: [Setting(key: "data", node: files.node, origin: files.origin)],
                    fixed: [])
            }
        }
        let rewardModels = try groups.groups.filter { $0.judge == nil }.map { group in
            try policyPlan(group.name, of: groups).rewardModel()
        }
        let named = groups.groups.map { Node("\($0.name)=${\(Self.judgments(of: $0.name))}") }
        let habits = try entry(
            Self.habits, "habits", own: [Setting(key: "judgments", node: Node(named), origin: .defaults)],
            fixed: [])
        let plan = try policyPlan(StudyGroups.pooled, of: groups)
        let starts = try ["test", "validation"].map { side in
            try plan.measurement(
                "\(Self.groupsStart)/\(side)", of: "${study.start}", on: side, seed: file.seed)
        }
        return judgments + rewardModels + [habits] + starts
    }

    /// One training of one policy and what all groups say of it.
    func training(
        _ training: String, of policy: String, _ groups: StudyGroups, seed: Int, chosen: [Setting]
    ) throws -> [RecipeFile.Entry] {
        guard let arm = arm(policy, of: groups) else { return [] }
        let plan = try policyPlan(policy, of: groups)
        let entries = try plan.training(training, of: arm, seed: seed, chosen: chosen, on: "test")
        guard policy == StudyGroups.pooled, let measured = entries.last else { return entries }
        // The worst-off group is found on prompts that nothing else of it is measured on.
        let model = measured.settings.first { $0.key == "model" }?.node.string ?? ""
        return entries + [
            try plan.measurement(
                Self.validation(ofPooled: training), of: model, on: "validation", seed: seed,
                likeness: "\(groups.arm) measured on validation", further: Self.best(of: arm))
        ]
    }

    /// What all policies but one share, made once before their trainings.
    func sharedModels(of policy: String, _ groups: StudyGroups) throws -> [RecipeFile.Entry] {
        let isMade = groups.groups.contains { $0.name == policy && $0.judge == nil }
        return try policyPlan(policy, of: groups).sharedModels().filter {
            !(isMade && $0.verb.name == "reward")
        }
    }

    /// Judgments in the stated shares, from which the policy for the worst-off learns.
    func judgmentsOfWorstOff(_ shares: [GroupsInput.Share], _ groups: StudyGroups) throws -> RecipeFile.Entry
    {
        let files = groups.groups.map { Self.reference(Self.judgments(of: $0.name)) }
        let numbers = shares.map { Node("\($0.share)") }
        return try entry(
            Self.judgments(of: StudyGroups.worstOff), "mix", shared: [],
            own: [
                Setting(key: "data", node: Node(files), origin: groups.origin),
                Setting(key: "shares", node: Node(numbers), origin: groups.origin),
                Setting(key: "seed", node: Node("\(file.seed)"), origin: .defaults),
            ], fixed: [])
    }

    /// The plan of what learns from one policy's judgments and is judged by all groups.
    private func policyPlan(_ policy: String, of groups: StudyGroups) throws -> StudyPlan {
        let names = policy == StudyGroups.pooled ? groups.groups.map(\.name) : [policy]
        var scope = scope
        scope.arms = [arm(of: groups)].compactMap(\.self)
        scope.models = "\(Self.models)/\(Self.groupsName)/\(policy)"
        scope.values["judgments"] = Setting(
            key: "judgments", node: Node(names.map { Self.reference(Self.judgments(of: $0)) }),
            origin: groups.origin)
        scope.judges = groups.groups.map { group in
            let model = "\(Self.models)/\(Self.groupsName)/\(group.name)/\(Self.rewardModelName)"
            return StudyInput.Judge(
                name: group.name, rewards: group.judge ?? ["reward-model:model=${\(model)}"])
        }
        (scope.perplexity, scope.stations, scope.comparesWithStart) = (nil, 0, Self.groupsStart)
        return StudyPlan(self, scope)
    }
}
