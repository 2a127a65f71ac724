import Charts
import Statistics
import Testing

@Suite struct StripChartTests {
    @Test func everyValueIsAMarkAndEveryRowHasAName() {
        let chart = StripChart(
            title: "Seeds", summary: "Two rows.", axis: Axis("win rate", style: .percent, domain: 0...1),
            rows: [
                .init(
                    name: "dpo", style: 1, values: [0.4, 0.6, 0.7],
                    estimate: Estimate(mean: 0.57, low: 0.3, high: 0.8),
                    note: "57 %"),
                .init(name: "<ppo>", style: 2, values: [.infinity]),
            ], guide: 0.5)
        let svg = chart.svg(width: 340)
        // What is not finite is not drawn.
        #expect(svg.components(separatedBy: "class=\"mark").count - 1 == 3)
        #expect(svg.contains("&lt;ppo&gt;") && svg.contains("57 %"))
        #expect(svg.components(separatedBy: "class=\"interval").count - 1 == 2)
        #expect(svg.contains("class=\"guide\""))
    }
}
