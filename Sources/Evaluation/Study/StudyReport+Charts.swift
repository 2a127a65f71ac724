import Charts
import Statistics

extension StudyReport {
    /// How often each arm beat the start, each training a mark.
    var seedsChart: StripChart? {
        let rows = challengers.compactMap { arm in
            arm.winRate.map { rate in
                StripChart.Row(
                    name: arm.name, style: style(of: arm.name), values: arm.seedWinRates, estimate: rate,
                    note: rate.text(.percent))
            }
        }
        guard !rows.isEmpty else { return nil }
        return StripChart(
            title: "Win rate against \(reference), a mark for each training",
            summary: rows.map { "\($0.name): \($0.note)." }.joined(separator: " "),
            axis: Axis("how often \(annotator) prefers the arm's answer", style: .percent, domain: 0...1),
            rows: rows, guide: 0.5)
    }

    /// What the first judge gained along the way, by distance.
    var roadsChart: FittedChart? {
        let groups = challengers.filter { $0.path.count > 1 }.map { arm in
            FittedChart.Group(
                name: arm.name, style: style(of: arm.name),
                points: arm.path.map {
                    FittedChart.Measurement(
                        name: $0.name, x: Estimate(mean: $0.kl.mean.squareRoot()), y: $0.gain)
                },
                curve: arm.path.map { FrontierChart.Station(x: $0.kl.mean.squareRoot(), y: $0.gain.mean) })
        }
        guard !groups.isEmpty else { return nil }
        return FittedChart(
            title: "What was gained against the distance from \(reference)",
            summary: groups.compactMap { group in
                group.points.last.map {
                    "\(group.name) ends at √KL \(NumberStyle.plain.text($0.x.mean)) with \($0.y.text(.plain))."
                }
            }.joined(separator: " "),
            horizontal: Axis("√KL to \(reference), √nats", including: [0]),
            vertical: Axis("gain in the score of \(annotator)", including: [0]), groups: groups)
    }

    /// Two judges against each other; nil where there is one.
    var aspectsChart: FrontierChart? {
        guard judges.count > 1 else { return nil }
        let (first, second) = (judges[0].name, judges[1].name)
        let arms = challengers.compactMap { arm -> FrontierChart.Arm? in
            guard let x = arm.winRates[first], let y = arm.winRates[second] else { return nil }
            return FrontierChart.Arm(name: arm.name, style: style(of: arm.name), x: x, y: y)
        }
        guard !arms.isEmpty else { return nil }
        let start = FrontierChart.Arm(
            name: reference, style: 0, x: Estimate(mean: 0.5), y: Estimate(mean: 0.5))
        return FrontierChart(
            title: "\(first) against \(second)",
            summary: arms.map { "\($0.name): \($0.x.text(.percent)) and \($0.y.text(.percent))." }
                .joined(separator: " "),
            horizontal: Axis("win rate against \(reference) by \(first)", style: .percent),
            vertical: Axis("win rate against \(reference) by \(second)", style: .percent),
            arms: [start] + arms)
    }

    /// What every trial reached on the validation prompts, with the one that was chosen.
    var tuningChart: StripChart? {
        let rows = challengers.filter { !$0.trials.isEmpty }.map { arm in
            let chosen = arm.trials.last { $0.isChosen }?.value
            return StripChart.Row(
                name: arm.name, style: style(of: arm.name), values: arm.trials.compactMap(\.value),
                estimate: chosen.map { Estimate(mean: $0) },
                note: chosen.map { "chosen: \(NumberStyle.plain.text($0))" } ?? "all failed")
        }
        guard !rows.isEmpty, let criterion else { return nil }
        return StripChart(
            title: "The search: what each trial reached on the validation prompts",
            summary: rows.map { "\($0.name), \($0.note)." }.joined(separator: " "),
            axis: Axis(criterion), rows: rows)
    }
}
