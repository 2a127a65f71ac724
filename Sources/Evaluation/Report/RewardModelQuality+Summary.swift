import Charts
import Statistics

extension Report.RewardModelQuality {
    /// The finding in plain words.
    var summary: [String] {
        let percent = NumberStyle.percent
        var sentences = [
            "The reward model agrees with \(accuracy.text(.percent)) of \(comparisons) held-out choices; "
                + "its log-loss is \(NumberStyle.plain.text(logLoss)), where a coin has 0.693."
        ]
        if let length = lengthOnlyAccuracy {
            sentences.append("Length alone agrees with \(length.text(.percent)).")
        }
        sentences += [overLength].compactMap(\.self)
        if let pair = disagreement?.pairs.first {
            sentences.append(
                "\(pair.first) and \(pair.second) differ most: their heads choose differently on "
                    + "\(pair.share.text(.percent)) of the comparisons.")
        }
        if let best = members.map(\.mean).max(), let worst = members.map(\.mean).min() {
            sentences.append(
                "Its \(members.count) members agree with \(percent.text(worst)) to \(percent.text(best)) on their own."
            )
        }
        return sentences
    }

    /// What the difference to length alone says; nil without one.
    var overLength: String? {
        guard let difference = accuracyOverLength else { return nil }
        let found = "The difference to length alone is \(difference.points)"
        return switch difference.side(of: 0) {
        case .above: found + ": the whole interval is above 0, so the model knows more than length."
        case .below: found + ": the whole interval is below 0, so the model knows less than length."
        case nil where difference.low == nil: found + "; there are too few prompts to say how sure that is."
        case nil:
            found + ", which includes 0: these choices do not show that the model knows more than length."
        }
    }

    /// The warning that the model is not shown to know more than length.
    var warning: String? {
        guard let difference = accuracyOverLength, let length = lengthOnlyAccuracy else { return nil }
        let percent = NumberStyle.percent
        let found = "than length alone (\(percent.text(accuracy.mean)) against \(percent.text(length.mean)))."
        if difference.mean <= 0 { return "The reward model agrees no more often " + found }
        let isOpen = difference.low != nil && difference.side(of: 0) == nil
        return isOpen ? "The reward model is not shown to agree more often " + found : nil
    }
}

extension Estimate {
    /// A difference of shares in percentage points, "9 points (1 to 17)"; with a decimal where a bound rounds to 0.
    var points: String {
        let bounds = [low, high].compactMap(\.self)
        let decimals = bounds.contains { abs($0) < 0.01 && $0 != 0 } ? 1 : 0
        let text = { (value: Double) in NumberStyle.fixed(value * 100, decimals: decimals) }
        return "\(text(mean)) points"
            + (bounds.count == 2 ? " (\(text(bounds[0])) to \(text(bounds[1])))" : "")
    }
}

extension Report {
    /// The accuracy of each slice of one kind, beside that of all choices.
    func sliceChart(_ kind: String) -> BarChart? {
        guard let quality = rewardModel else { return nil }
        let bars = quality.slices.filter { $0.kind == kind }.prefix(8).map {
            BarChart.Bar(name: $0.name, style: 1, value: $0.accuracy)
        }
        guard bars.count > 1 else { return nil }
        let all = BarChart.Bar(name: "all", style: 0, value: quality.accuracy)
        return BarChart(
            title: "Agreement by \(kind)",
            summary: bars.map { "\($0.name): \($0.value.text(.percent))." }.joined(separator: " ")
                + " The dashed line at 50 % is a coin.",
            axis: Axis("share of choices that the reward model predicted", style: .percent, domain: 0...1),
            bars: [all] + bars, baseline: 0.5)
    }

    /// How far apart the model puts the two answers of a choice: right of zero it agrees.
    var marginChart: HistogramChart? {
        guard let quality = rewardModel, quality.margins.count >= 20,
            let median = quantile(0.5, of: quality.margins)
        else { return nil }
        return HistogramChart(
            title: "Margins: how sure the model is of what people chose",
            summary: "Median \(NumberStyle.plain.text(median)). Left of 0 the model disagrees.",
            horizontal: Axis(
                "log-odds that the model gives the choice (two answers: the difference of their scores)"),
            groups: [.init(name: "held-out choices", style: 1, values: quality.margins)])
    }

    /// How often the heads of two groups choose differently.
    var disagreementChart: BarChart? {
        guard let pairs = rewardModel?.disagreement?.pairs.prefix(8), !pairs.isEmpty else { return nil }
        return BarChart(
            title: "Where groups differ",
            summary: pairs.map { "\($0.first) and \($0.second): \($0.share.text(.percent))." }
                .joined(separator: " "),
            axis: Axis(
                "share of comparisons on which they choose differently", style: .percent, domain: 0...1),
            bars: pairs.map { .init(name: "\($0.first) · \($0.second)", style: 2, value: $0.share) },
            baseline: 0)
    }
}
