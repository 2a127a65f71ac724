import Foundation
import Runs
import Statistics

/// Which curves of a method's runs say how it went, and how to read them.
public struct TrainingGuide: Sendable {
    public struct Curve: Sendable {
        /// What a curve is drawn over.
        public enum Course: String, Sendable {
            case step
            case tokens = "tokens seen"
        }

        public let title: String
        public let unit: String
        /// Their names in metrics.jsonl, in one picture.
        public let metrics: [String]
        /// Chance, or no change.
        public let baseline: Double?
        public let course: Course

        public init(
            _ title: String, unit: String, _ metrics: [String], baseline: Double? = nil,
            over course: Course = .step
        ) {
            self.course = course
            self.title = title
            self.unit = unit
            self.metrics = metrics
            self.baseline = baseline
        }
    }

    /// What to look for in them.
    public let explanation: String
    public let curves: [Curve]
    /// Names of the two or three metrics on the progress bar.
    public let shown: [String]
    /// Whether a loss that falls is a sign of learning; it is none where responses are compared with one another.
    public let lossShouldFall: Bool

    public init(_ explanation: String, shown: [String], lossShouldFall: Bool = true, curves: [Curve]) {
        self.explanation = explanation
        self.shown = shown
        self.lossShouldFall = lossShouldFall
        self.curves = curves
    }

    /// An evaluation's loss and what else is shown, for people.
    func told(of evaluation: Metrics) -> String {
        let names = (["loss"] + shown).map { "eval_\($0)" }
        let told = evaluation.entries.filter { names.contains($0.name) }
        return (told.isEmpty ? Array(evaluation.entries.prefix(3)) : told)
            .map { String(format: "\($0.name) %.4g", $0.value) }.joined(separator: ", ")
    }

    /// Those of some metrics that are shown.
    func shown(of metrics: Metrics) -> [MetricsRecord.Metric] {
        shown.compactMap { name in metrics[name].map { .init(name, $0) } }
    }
}

extension TrainingGuide {
    /// Steps at either end of a run that are compared: a tenth of them, but ten where there are so many.
    private static func compared(of steps: Int) -> Int { min(max(10, steps / 10), steps / 2) }
    /// Fewer steps say nothing about a loss that did not move.
    private static let fewestForStanding = 20
    /// Fewer steps say nothing at all.
    private static let fewest = 6

    /// What is to be said of a run whose loss rose, or never moved beyond its own noise; nil where nothing is.
    ///
    /// The first steps are compared with the last ones by the standard error of the difference of their means.
    public func concern(about records: [MetricsRecord]) -> String? {
        let losses = records.compactMap { $0["loss"] }
        guard lossShouldFall, losses.count >= Self.fewest else { return nil }
        let count = Self.compared(of: losses.count)
        let (first, last) = (Moments(Array(losses.prefix(count))), Moments(Array(losses.suffix(count))))
        let error = ((pow(first.deviation, 2) + pow(last.deviation, 2)) / Double(count)).squareRoot()
        let change = last.mean - first.mean
        // A run that bursts at once has its first steps among the high ones.
        let hasBurst = losses[0] > 0 && last.mean > 2 * losses[0]
        let from = String(
            format: "%.4g to %.4g (means of %d steps)", hasBurst ? losses[0] : first.mean, last.mean, count)
        if hasBurst || change > 3 * error && change > abs(first.mean) / 100 {
            return "the loss rose, from \(from): a lower --learning-rate, or --warmup-ratio 0.1, may help"
        }
        if losses.count >= Self.fewestForStanding, abs(change) <= 2 * error {
            return
                "the loss did not move beyond its noise, from \(from): a higher --learning-rate or more steps may help"
        }
        return nil
    }
}
