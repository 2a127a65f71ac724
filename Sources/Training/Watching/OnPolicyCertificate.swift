import LanguageModels
import Runs
import Statistics

/// What a run says of whether it learns from its own policy: how far the probabilities that its first batches were sampled
/// with are from those that the trainer gives them, and why. The second and third batch show that the sampler takes up new
/// weights.
struct OnPolicyCertificate {
    /// Batches that are measured.
    static let batches = 3

    /// One line.
    let statement: String
    /// Whether no more will be measured.
    let isComplete: Bool

    /// - Parameter records: of steps in which it was measured; nil where there is none.
    init?(_ records: [MetricsRecord], precision: Precision) {
        let measured = records.prefix(Self.batches)
        let tokens = measured.compactMap { $0["on_policy/tokens"] }
        guard let count = Statistics.mean(of: tokens).map({ $0 * Double(tokens.count) }) else { return nil }
        func values(_ name: String) -> [Double] { measured.compactMap { $0["on_policy/\(name)"] } }
        func average(_ name: String) -> Double {
            zip(values(name), tokens).reduce(0) { $0 + $1.0 * $1.1 } / count
        }
        func extreme(_ name: String, _ pick: (Double, Double) -> Double) -> String {
            values(name).reduce(pick).map { text($0) } ?? "–"
        }
        let batches = measured.count == 1 ? "the first batch" : "the first \(measured.count) batches"
        let identical = average("identical")
        let distances =
            identical == 1
            ? "are the trainer's to the bit"
            : "are the trainer's to the bit for \(percent(identical)) and differ by "
                + "\(text(average("difference_mean"))) nats on average, \(extreme("difference_p99", max)) at most for 99 % "
                + "and \(extreme("difference_max", max)) at most, ratios \(extreme("ratio_min", min)) to "
                + "\(extreme("ratio_max", max)), \(text(average("ratio_mean"))) on average: \(Self.reason(precision))"
        statement =
            "on-policy: the sampler's log-probabilities of the \(Int(count)) tokens of \(batches) \(distances)"
        isComplete = measured.count == Self.batches
    }

    private static func reason(_ precision: Precision) -> String {
        switch precision {
        case .fp32: "fp32, and the two add up in other orders"
        case .bf16: "bf16, to which the sampler rounds weights and the trainer what it computes with them too"
        case .int8: preconditionFailure("no policy is sampled in int8")
        }
    }
}

extension Sequence {
    fileprivate func reduce(_ pick: (Element, Element) -> Element) -> Element? {
        reduce(nil as Element?) { found, next in found.map { pick($0, next) } ?? next }
    }
}

/// Numbers near 1 with what tells them from it.
private func text(_ value: Double) -> String {
    abs(value - 1) < 0.01 && value != 1
        ? "1" + (value > 1 ? " + " : " − ") + shown(abs(value - 1)) : shown(value)
}
