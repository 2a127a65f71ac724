import Statistics

extension StudyReport {
    /// What an arm makes of problems that it was not trained for.
    public struct Capability: Codable, Hashable, Sendable {
        public var name: String
        /// Of problems that are solved.
        public var solved: Estimate
        /// Over the start, from -1 to 1; nil for the start itself.
        public var change: Estimate?

        /// What was not measured is written as `null`.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try container.encode(solved, forKey: .solved)
            try container.encode(change, forKey: .change)
        }

        private enum CodingKeys: String, CodingKey { case name, solved, change }
    }
}

extension StudyAnalysis {
    /// Every capability of an arm, in the order of the file; those that could not be measured are missing.
    func capabilities(of arm: StudyInput.Arm) -> [StudyReport.Capability] {
        let confidence = 1 - input.analysis.level
        return input.capabilities.compactMap { name in
            guard let trainings = arm.capabilities[name], !trainings.isEmpty else { return nil }
            let solved = trainings.map { $0.scoresByPrompt(name).map { mean(of: $0) } }
            guard let share = crossedMean(solved, areShares: true) else { return nil }
            let start = input.startCapabilities[name]?.scoresByPrompt(name).map { mean(of: $0) }
            let changes = start.map { start in
                solved.map { own in
                    zip(own, start).map { own, start in own.flatMap { own in start.map { own - $0 } } }
                }
            }
            return StudyReport.Capability(
                name: name, solved: share.estimate(confidence: confidence, within: 0...1),
                change: arm.name == input.startName
                    ? nil
                    : changes.flatMap { crossedMean($0) }?.estimate(confidence: confidence, within: -1...1))
        }
    }
}

extension StudyPage {
    /// The tax: what arms can still do besides what they were trained for.
    var capabilitiesSection: HTML? {
        let names = report.arms.first { $0.name == report.reference }?.capabilities.map(\.name) ?? []
        guard !names.isEmpty else { return nil }
        let rows = report.arms.map { arm in
            [arm.name]
                + names.map { name in
                    arm.capabilities.first { $0.name == name }?.text ?? "–"
                } + [arm.perplexity.map(NumberStyle.plain.text) ?? "–"]
        }
        return section(
            "What it cost in other abilities",
            [
                .element(
                    "p",
                    "The share of problems made by rule that is solved, checked by a program, and the change against "
                        + "\(report.reference), with an interval for other problems and other trainings. Perplexity is that of "
                        + "held-out plain text."),
                .table(["arm"] + names + ["perplexity"], rows),
            ])
    }
}

extension StudyReport.Capability {
    fileprivate var text: String {
        let share = NumberStyle.percent.text(solved.mean)
        guard let change else { return share }
        func points(_ value: Double) -> String {
            (value > 0 ? "+" : "") + NumberStyle.fixed(value * 100, decimals: 0)
        }
        let interval =
            change.low.flatMap { low in change.high.map { " (\(points(low)) to \(points($0)))" } } ?? ""
        return "\(share); \(points(change.mean))\(interval) points"
    }
}
