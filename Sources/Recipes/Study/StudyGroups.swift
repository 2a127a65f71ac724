import Errors
import Settings
import Yams

/// Whose preferences: groups with judgments of their own, each of which one of the arms learns from, apart and together.
struct StudyGroups {
    struct Group {
        let name: String
        let source: Source
        /// Who measures in the group's place; nil: a reward model of its judgments.
        let judge: [String]?

        enum Source {
            /// A program that judges the responses.
            case annotator([String])
            /// Files, stores or stages.
            case judgments(Setting)
        }

        /// For readers.
        var description: String {
            let said =
                switch source {
                case .annotator(let rewards): "a program that wants \(rewards.joined(separator: " + "))"
                case .judgments: "judgments that the study was given"
                }
            return said
                + (judge.map { "; measured by \($0.joined(separator: " + "))" }
                    ?? "; measured by a reward model of these judgments")
        }
    }

    static let pooled = "pooled"
    static let worstOff = "worst-off"

    let groups: [Group]
    /// What simulated annotators judge.
    let responses: Setting?
    /// Settings of their stages.
    let annotation: [Setting]
    /// Name of the arm by which all policies are made.
    let arm: String
    let origin: SettingOrigin
    /// How strongly the worst-off are favoured: their share grows by exp(favour · difference in win rate).
    let favour: Double

    static let keys = ["annotators", "responses", "noise", "pairs", "judgments", "judges", "arm", "favour"]
    private static let usualArm = "dpo"
    private static let usualFavour = 4.0

    /// - Returns: nil where the file names no groups.
    init?(_ section: StudySection, file: String, _ mistakes: inout Mistakes) throws {
        guard !section.settings.isEmpty else { return nil }
        func named(_ key: String) throws -> [Setting] {
            try StudySection(
                section[key], named: "'\(key)' of the groups", keys: nil, file: file, place: section.origin,
                &mistakes
            ).settings
        }
        let (annotators, judgments) = (try named("annotators"), try named("judgments"))
        let judges = try named("judges")
        func judge(_ name: String) -> [String]? { judges.first { $0.key == name }?.texts }
        groups =
            annotators.map {
                Group(
                    name: $0.key, source: .annotator($0.texts),
                    judge: judge($0.key) ?? $0.texts.map(Self.withoutChance))
            }
            + judgments.map { Group(name: $0.key, source: .judgments($0), judge: judge($0.key)) }
        responses = section["responses"]
        annotation = section.settings.filter { ["noise", "pairs"].contains($0.key) }
        arm = try mistakes.gather { try section["arm"]?.word() ?? Self.usualArm } ?? Self.usualArm
        favour = section.number("favour", in: 0...100, &mistakes) ?? Self.usualFavour
        origin = section.origin
        check(section, annotators, judges, &mistakes)
    }

    /// A reward without the options by which an annotator chooses by chance: whoever measures does not.
    private static func withoutChance(_ reward: String) -> String {
        guard let colon = reward.firstIndex(of: ":") else { return reward }
        let options = reward[reward.index(after: colon)...].split(separator: ",").filter { option in
            !["temperature=", "error="].contains { option.hasPrefix($0) }
        }
        return reward[..<colon] + (options.isEmpty ? "" : ":" + options.joined(separator: ","))
    }

    private func check(
        _ section: StudySection, _ annotators: [Setting], _ judges: [Setting], _ mistakes: inout Mistakes
    ) {
        func mistake(_ text: String) { mistakes.add(StudyMistake(origin: origin, text: "groups: \(text)")) }
        if groups.count < 2 {
            mistake("expected two or more under 'annotators' and 'judgments', found \(groups.count)")
        }
        let own = [Self.pooled, Self.worstOff, StudyPlan.startName]
        for (index, group) in groups.enumerated()
        where own.contains(group.name) || groups[..<index].contains(where: { $0.name == group.name })
            || !group.name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
        {
            mistake(
                "expected a name of its own for each, of letters, digits, '-' and '_' and none of "
                    + "\(own.joined(separator: ", ")), found '\(group.name)'")
        }
        if !annotators.isEmpty, responses == nil {
            mistake("expected under 'responses' what the annotators judge, found nothing")
        }
        if annotators.isEmpty {
            for setting in section.settings where ["responses", "noise", "pairs"].contains(setting.key) {
                mistake("'\(setting.key)' is for 'annotators', of which there are none")
            }
        }
        for judge in judges where !groups.contains(where: { $0.name == judge.key }) {
            mistake("judges: '\(judge.key)' is none of \(groups.map(\.name).joined(separator: ", "))")
        }
    }
}
