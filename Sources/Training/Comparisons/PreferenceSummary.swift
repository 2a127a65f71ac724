import Foundation
import Runs
import Statistics

/// What a run on comparisons did to chosen and rejected answers, for people.
struct PreferenceSummary {
    private let chosen: (first: Double, last: Double)
    private let rejected: (first: Double, last: Double)
    /// By how much answers are likelier than under the reference, in nats, at the end; nil without a reference.
    private let gains: (chosen: Double, rejected: Double)?

    /// - Parameters:
    ///   - records: the run's metrics; the first and the last tenth of the steps are compared.
    ///   - beta: of the rewards, where they measure the distance to a reference.
    init?(_ records: [MetricsRecord], beta: Double?) {
        let tenth = max(1, records.count / 10)
        func mean(_ name: String, _ part: some Collection<MetricsRecord>) -> Double? {
            Statistics.mean(of: part.compactMap { $0[name] })
        }
        func ends(_ name: String) -> (Double, Double)? {
            guard let first = mean(name, records.prefix(tenth)), let last = mean(name, records.suffix(tenth))
            else { return nil }
            return (first, last)
        }
        guard let chosen = ends("logps/chosen"), let rejected = ends("logps/rejected") else { return nil }
        self.chosen = chosen
        self.rejected = rejected
        gains = beta.flatMap { beta in
            guard let chosen = mean("rewards/chosen", records.suffix(tenth)),
                let rejected = mean("rewards/rejected", records.suffix(tenth))
            else { return nil }
            return (chosen / beta, rejected / beta)
        }
    }

    var lines: [String] {
        let numbers = String(
            format: "log-probability of chosen answers %.4g → %.4g, of rejected ones %.4g → %.4g "
                + "(first and last steps)", chosen.first, chosen.last, rejected.first, rejected.last)
        return [numbers] + [explanation].compactMap { $0 }
    }

    /// Why chosen answers have become less likely, where they have.
    private var explanation: String? {
        let change = gains ?? (chosen.last - chosen.first, rejected.last - rejected.first)
        guard change.chosen < 0 else { return nil }
        let since = gains == nil ? "than at the start" : "than under the reference"
        let found = String(
            format: "Chosen answers have become less likely \(since), by %.3g nats, "
                + (change.rejected < 0 ? "rejected ones by %.3g" : "and rejected ones more likely, by %.3g"),
            -change.chosen, abs(change.rejected))
        return change.rejected < change.chosen
            ? found + ": the loss asks only that chosen ones fall less. --sft-weight 1 holds them up."
            : found + ", which is the wrong way round: lower --learning-rate, or look at the rows."
    }
}
