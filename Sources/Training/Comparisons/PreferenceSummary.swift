import Foundation
import Runs
import Statistics

/// What a run on comparisons did to chosen and rejected answers, for people.
struct PreferenceSummary {
    private let chosen: (first: Double, last: Double)
    private let rejected: (first: Double, last: Double)
    private let stretches: Stretches
    /// By how much answers are likelier than under the reference, in nats, at the end; nil without a reference.
    private let gains: (chosen: Double, rejected: Double)?

    /// The two ends of a run that are compared.
    private enum Stretches: String {
        /// Its first and its last tenth: of different rows, which say nothing about each other.
        case steps
        /// Its first and its last whole epoch, or evaluation: of the same rows.
        case epochs, evaluations

        var title: String { self == .steps ? "steps, of different rows" : rawValue }

        /// What chosen answers are less likely than, where the rows are the same.
        var start: String? {
            switch self {
            case .steps: nil
            case .epochs: "than in the first epoch"
            case .evaluations: "than at the first evaluation"
            }
        }
    }

    /// - Parameters:
    ///   - records: the run's metrics. With a reference, which measures every row against itself, the last tenth of the
    ///     steps is told; without one, evaluations and epochs are compared where there are two of them.
    ///   - beta: of the rewards, where they measure the distance to a reference.
    init?(_ records: [MetricsRecord], beta: Double?) {
        func mean(_ name: String, _ part: some Collection<MetricsRecord>) -> Double? {
            Statistics.mean(of: part.compactMap { $0[name] })
        }
        let tenth = max(1, records.count / 10)
        let evaluated = records.filter { $0["eval_logps/chosen"] != nil }
        let epochs = Int((records.last?.epoch ?? 0) + 1e-9)
        let prefix: String
        let ends: (first: [MetricsRecord], last: [MetricsRecord])
        if beta == nil, evaluated.count > 1 {
            (stretches, prefix) = (.evaluations, "eval_")
            ends = ([evaluated[0]], [evaluated[evaluated.count - 1]])
        } else if beta == nil, epochs > 1 {
            (stretches, prefix) = (.epochs, "")
            func epoch(_ number: Int) -> [MetricsRecord] {
                records.filter { Int(($0.epoch - 1e-9).rounded(.up)) == number }
            }
            ends = (epoch(1), epoch(epochs))
        } else {
            (stretches, prefix) = (.steps, "")
            ends = (Array(records.prefix(tenth)), Array(records.suffix(tenth)))
        }
        func both(_ name: String) -> (Double, Double)? {
            guard let first = mean(prefix + name, ends.first), let last = mean(prefix + name, ends.last)
            else {
                return nil
            }
            return (first, last)
        }
        guard let chosen = both("logps/chosen"), let rejected = both("logps/rejected") else { return nil }
        (self.chosen, self.rejected) = (chosen, rejected)
        gains = beta.flatMap { beta in
            guard let chosen = mean("rewards/chosen", records.suffix(tenth)),
                let rejected = mean("rewards/rejected", records.suffix(tenth))
            else { return nil }
            return (chosen / beta, rejected / beta)
        }
    }

    var lines: [String] {
        let numbers =
            if let gains {
                String(
                    format:
                        "log-probability of chosen answers %+.3g nats, of rejected ones %+.3g, against the "
                        + "reference (last tenth of the steps)", gains.chosen, gains.rejected)
            } else {
                String(
                    format: "log-probability of chosen answers %.4g → %.4g, of rejected ones %.4g → %.4g "
                        + "(first and last \(stretches.title))", chosen.first, chosen.last, rejected.first,
                    rejected.last)
            }
        return [numbers] + [explanation].compactMap { $0 }
    }

    /// Why chosen answers have become less likely, where they have.
    private var explanation: String? {
        let change = gains ?? (chosen.last - chosen.first, rejected.last - rejected.first)
        guard change.chosen < 0, let since = gains == nil ? stretches.start : "than under the reference"
        else {
            return nil
        }
        let found = String(
            format: "Chosen answers have become less likely \(since), by %.3g nats, "
                + (change.rejected < 0 ? "rejected ones by %.3g" : "and rejected ones more likely, by %.3g"),
            -change.chosen, abs(change.rejected))
        return change.rejected < change.chosen
            ? found + ": the loss asks only that chosen ones fall less. --sft-weight 1 holds them up."
            : found + ", which is the wrong way round: lower --learning-rate, or look at the rows."
    }
}
