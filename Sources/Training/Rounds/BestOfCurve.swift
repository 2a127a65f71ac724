import Charts
import Files
import Foundation
import RandomNumbers
import Statistics

/// The best and the median score of n answers to a prompt, by n, on average over prompts: figure 7 of Touvron et al.,
/// *Llama 2*, 2023. The distance between the two is what selecting can gain.
public struct BestOfCurve: Codable, Hashable, Sendable {
    public struct Point: Codable, Hashable, Sendable {
        public let n: Int
        /// With an interval over prompts, as the median.
        public let best: Estimate
        public let median: Estimate
    }

    /// The round whose policy wrote the answers.
    public let round: Int
    public let temperature: Double
    /// Those of which every answer has a score; the others are not in it.
    public let prompts: Int
    /// For 1 answer up to all that there are of a prompt.
    public let points: [Point]

    /// Up to here every n is a point.
    private static let everyPoint = 16

    /// - Parameter scores: of the answers to each prompt; nil where there is none.
    /// - Returns: nil where no prompt has a score for each of its answers.
    public init?(scores: [[Double?]], round: Int, temperature: Double, seed: UInt64) {
        let whole = scores.map { $0.compactMap(\.self) }.enumerated()
            .filter { !$1.isEmpty && $1.count == scores[$0].count }.map { OrderStatistics($1) }
        guard let answers = scores.map(\.count).min(), !whole.isEmpty else { return nil }
        func mean(_ values: [Double]) -> Estimate {
            var random = RandomSource(seed: seed)
            return Bootstrap().mean(of: values, using: &random) ?? Estimate(mean: 0)
        }
        (self.round, self.temperature, prompts) = (round, temperature, whole.count)
        let step = max(1, answers / Self.everyPoint)
        points = (1...answers).filter { $0 < Self.everyPoint || $0 % step == 0 || $0 == answers }.map { n in
            Point(
                n: n, best: mean(whole.map { $0.expectedMaximum(of: n) }),
                median: mean(whole.map { $0.expectedMedian(of: n) }))
        }
    }

    private static let name = "best-of-n.json"

    /// - Parameter folder: of the round.
    package func write(to folder: URL) throws {
        try AtomicFile.write(encoding: self, to: folder.appendingPathComponent(Self.name))
        let picture = Data(Self.charts(of: [self])[0].standaloneSVG(width: 640).utf8)
        try AtomicFile.write(picture, to: folder.appendingPathComponent("best-of-n.svg"))
    }

    /// Those of a run in rounds, in their order; none where it was no such run.
    package static func all(in run: URL) throws -> [BestOfCurve] {
        let files = try FileSystem.contents(of: run).map { $0.appendingPathComponent(name) }
        return try files.filter(FileSystem.exists).map { try FileSystem.decode(Self.self, from: $0) }
            .sorted { $0.round < $1.round }
    }

    /// A picture of each, all with the same scale.
    public static func charts(of curves: [BestOfCurve]) -> [LineChart] {
        let values = curves.flatMap { curve in
            curve.points.flatMap { [$0.best.low, $0.best.mean, $0.median.low, $0.best.high] }
        }.compactMap(\.self)
        return curves.map { $0.chart(including: [values.min(), values.max()].compactMap(\.self)) }
    }

    private func chart(including ends: [Double]) -> LineChart {
        func series(_ name: String, _ style: Int, _ values: [Estimate]) -> LineChart.Series {
            LineChart.Series(
                name: name, style: style, x: points.map { Double($0.n) }, y: values.map(\.mean),
                band: .init(low: values.map(\.low), high: values.map(\.high)))
        }
        let plain = NumberStyle.plain
        let last = points.last.map {
            "Of \($0.n) answers the best scores \($0.best.text(.plain)), the median \($0.median.text(.plain)). "
        }
        return LineChart(
            title: "Round \(round): best and median of n answers",
            summary: (last ?? "")
                + "\(prompts) prompts, temperature \(plain.text(temperature)); bands are 95 % over prompts.",
            horizontal: Axis("answers to a prompt"), vertical: Axis("score", including: ends),
            series: [
                series("best of n", 1, points.map(\.best)), series("median", 2, points.map(\.median)),
            ])
    }
}
