import Charts
import Statistics

extension Report {
    /// More marks than this hide each other.
    private static let scatteredAnswers = 300

    /// An arm's wins, ties and losses by who ended.
    func endingChart(of arm: Arm) -> StackedBarChart? {
        guard let parts = arm.composition?.byEnding, !parts.isEmpty else { return nil }
        let bars = parts.map { part in
            StackedBarChart.Bar(
                name: part.side.ended(arm.name, reference),
                note: "\(NumberStyle.percent.text(part.rate.rate.mean)) of \(part.rate.count)",
                counts: [part.rate.wins, part.rate.ties, part.rate.losses])
        }
        let style = style(of: arm)
        return StackedBarChart(
            title: "What \(arm.name)'s wins are made of: who ended",
            summary: bars.map {
                "\($0.name): \($0.counts[0]) won, \($0.counts[1]) tied, \($0.counts[2]) lost."
            }
            .joined(separator: " "),
            parts: [
                .init(name: "\(arm.name) preferred", style: style, fill: .solid),
                .init(name: "tie", style: style, fill: .open),
                .init(name: "\(reference) preferred", style: 0, fill: .hatched),
            ],
            bars: bars)
    }

    /// An arm's win rate on the topics that have enough prompts.
    func topicChart(of arm: Arm) -> BarChart? {
        guard let topics = arm.topics?.filter(\.isEnough), !topics.isEmpty else { return nil }
        let bars = topics.map { topic in
            BarChart.Bar(
                name: "\(topic.topic) (\(topic.prompts) prompts)", style: style(of: arm),
                value: topic.rate.rate)
        }
        return BarChart(
            title: "\(arm.name)'s win rate by topic",
            summary: bars.map { "\($0.name): \($0.value.text(.percent))." }.joined(separator: " ")
                + " The dashed line at 50 % is no difference.",
            axis: Axis("share of answers preferred", style: .percent, domain: 0...1), bars: bars,
            baseline: 0.5)
    }

    /// How long the arms' answers are.
    var lengthChart: HistogramChart? {
        let groups = arms.compactMap { arm -> HistogramChart.Group? in
            let lengths = arm.samples.map { Double($0.length) }
            return lengths.count < 20 ? nil : .init(name: arm.name, style: style(of: arm), values: lengths)
        }
        guard !groups.isEmpty else { return nil }
        let medians = groups.compactMap { group in
            quantile(0.5, of: group.values).map { "\(group.name): median \(NumberStyle.plain.text($0))." }
        }
        return HistogramChart(
            title: "Lengths of single answers", summary: medians.joined(separator: " "),
            horizontal: Axis("characters", including: [0]), groups: groups)
    }

    /// Whether the annotator pays for length: every answer's score against its length.
    var scoreAgainstLengthChart: ScatterChart? {
        let groups = arms.compactMap { arm -> ScatterChart.Group? in
            let scored = arm.samples.prefix(Self.scatteredAnswers).filter { $0.score?.isFinite == true }
            guard scored.count > 1 else { return nil }
            return .init(
                name: arm.name, style: style(of: arm), x: scored.map { Double($0.length) },
                y: scored.compactMap(\.score))
        }
        guard !groups.isEmpty else { return nil }
        let all = groups.map { "\($0.name): \($0.x.count) answers." }
        return ScatterChart(
            title: "Score against length", summary: all.joined(separator: " "),
            horizontal: Axis("characters", including: [0]), vertical: Axis("annotator's score"),
            groups: groups)
    }
}

extension Report.Composition.Side {
    /// Who ended.
    func ended(_ arm: String, _ reference: String) -> String {
        switch self {
        case .both: "both ended"
        case .arm: "only \(arm) ended"
        case .reference: "only \(reference) ended"
        case .neither: "both cut off"
        }
    }

    /// Whose answer is longer.
    func isLonger(_ arm: String, _ reference: String) -> String {
        switch self {
        case .arm: "\(arm)'s answer longer"
        case .reference: "\(reference)'s answer longer"
        case .both, .neither: "equally long"
        }
    }
}
