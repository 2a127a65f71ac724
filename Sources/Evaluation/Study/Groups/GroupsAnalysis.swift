import Statistics

/// From what was measured on the policies of groups to who wins and who loses.
struct GroupsAnalysis {
    let input: GroupsInput
    let analysis: StudyInput.Analysis

    func report() -> GroupsReport {
        GroupsReport(
            arm: input.arm, groups: input.groups,
            policies: input.policies.map {
                .init(name: $0.name, description: $0.description, seeds: $0.seeds.count)
            },
            pooled: input.pooled, cells: cells, shares: input.shares, shifts: shifts, habits: input.habits)
    }

    /// Every policy by every group; the verdicts are corrected for the number of them.
    private var cells: [GroupsReport.Cell] {
        let found = input.policies.flatMap { policy in
            input.groups.compactMap { group in
                ArmOutcomes(policy.seeds, against: [input.start], judge: group.name)?.winRate.map {
                    (policy: policy.name, group: group.name, rate: $0)
                }
            }
        }
        let adjusted = holmAdjusted(found.map { $0.rate.probability(of: 0.5) })
        return zip(found, adjusted).map { cell, adjusted in
            let isSettled = adjusted < analysis.level
            return GroupsReport.Cell(
                policy: cell.policy, group: cell.group,
                winRate: cell.rate.estimate(confidence: 1 - analysis.level, within: 0...1),
                adjusted: adjusted,
                verdict: !isSettled ? .undecided : cell.rate.value > 0.5 ? .better : .worse)
        }
    }

    /// Of every group that has a policy beside the pooled one.
    private var shifts: [GroupsReport.Shift] {
        guard let pooled = input.policies.first(where: { $0.name == input.pooled }) else { return [] }
        return input.groups.compactMap { group in
            guard let own = input.policies.first(where: { $0.name == group.name }),
                let correlation = Self.correlation(of: pooled.seeds, with: own.seeds, start: input.start)
            else { return nil }
            return GroupsReport.Shift(
                group: group.name,
                correlation: correlation.estimate(confidence: 1 - analysis.level, within: -1...1),
                explained: correlation.value * correlation.value)
        }
    }

    /// Over the same answers, training by training; the interval is for other prompts and other trainings.
    static func correlation(
        of trainings: [ArmMeasurement], with others: [ArmMeasurement], start: ArmMeasurement
    ) -> SampledNumber? {
        var points: [(x: Double, y: Double)] = []
        var (prompts, seeds): ([Int], [Int]) = ([], [])
        for (seed, pair) in zip(trainings, others).enumerated() {
            guard let own = pair.0.shifts, let other = pair.1.shifts else { return nil }
            for (answer, values) in zip(start.answers, zip(own, other)) {
                points.append((values.0, values.1))
                prompts.append(answer.prompt)
                seeds.append(seed)
            }
        }
        return Jackknife.sampled(points, clusters: [prompts, seeds]) { correlation($0) }
    }

    /// Pearson's; nil where either does not vary.
    private static func correlation(_ points: [(x: Double, y: Double)]) -> Double? {
        guard let x = mean(of: points.map(\.x)), let y = mean(of: points.map(\.y)) else { return nil }
        let sums = points.reduce((xy: 0.0, xx: 0.0, yy: 0.0)) { sums, point in
            let (dx, dy) = (point.x - x, point.y - y)
            return (sums.xy + dx * dy, sums.xx + dx * dx, sums.yy + dy * dy)
        }
        return sums.xx > 0 && sums.yy > 0 ? sums.xy / (sums.xx * sums.yy).squareRoot() : nil
    }
}
