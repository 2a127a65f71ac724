import JSON
import LanguageModels
import Runs

/// What a training run is watched for.
struct Watching {
    var settings = WatchConfiguration()
    /// What the best model within the budget is best by.
    var criterion: String?
    /// Metrics that nothing learns from.
    var gold: [String] = []
    /// That sampler and trainer compute in; nil where nothing is sampled.
    var precision: Precision?
}

/// Looks on while a run learns: tells and records each alarm once, says whether it is on-policy, and knows when its budget
/// is spent.
///
/// All of it follows from the metrics of the steps so far, so that a resumed run knows what it knew.
final class RunWatch {
    private let watching: Watching
    private let log: StepLog
    private let progress: ProgressDisplay
    private var doctor: RunDoctor
    /// The steps that say whether the run is on-policy.
    private var certified: [MetricsRecord] = []
    private var certificate: OnPolicyCertificate?

    init(_ watching: Watching, totalSteps: Int, log: StepLog, progress: ProgressDisplay) {
        self.watching = watching
        self.log = log
        self.progress = progress
        doctor = RunDoctor(
            totalSteps: totalSteps, klBudget: watching.settings.klBudget, gold: watching.gold,
            precision: watching.precision)
    }

    /// Takes in what an earlier process told and recorded.
    func resume(after records: [MetricsRecord]) {
        for record in records { _ = take(record) }
    }

    /// Takes in a step, and tells and records what is new.
    func observe(_ record: MetricsRecord) throws {
        let wasComplete = certificate?.isComplete == true
        for alarm in take(record) {
            progress.note(
                "alarm after step \(alarm.step), \(alarm.name): \(alarm.seen). Why it matters: "
                    + "\(alarm.meaning). What to change: \(alarm.advice).")
            guard case .object(var members) = try JSONValue(encoding: alarm) else { continue }
            members["step"] = nil
            try log.append(step: alarm.step, members)
        }
        if let certificate, certificate.isComplete, !wasComplete { progress.note(certificate.statement) }
    }

    private func take(_ record: MetricsRecord) -> [Alarm] {
        if let precision = watching.precision, record["on_policy/tokens"] != nil {
            certified.append(record)
            certificate = OnPolicyCertificate(certified, precision: precision)
        }
        return doctor.take(step: record.step, record.metrics)
    }

    // MARK: The budget

    /// How models of a run with a budget are compared; nil without one.
    var selection: ModelSelection? {
        guard watching.settings.klBudget != nil, let criterion = watching.criterion else { return nil }
        var selection = ModelSelection()
        (selection.metric, selection.greaterIsBetter) = (criterion, true)
        return selection
    }

    /// The distance, where it is more than the run may go.
    var excess: (distance: Double, budget: Double)? {
        guard let budget = watching.settings.klBudget, let distance = KLBudget.distance(in: doctor.history),
            distance > budget
        else { return nil }
        return (distance, budget)
    }

    /// What the policy is worth by the criterion, over the last steps; nil without a budget, and beyond it.
    var standing: Double? {
        guard let selection, excess == nil, let criterion = selection.metric else { return nil }
        return doctor.history.series([criterion], atLeast: 1)?.end()
    }

    /// What people should know when the run is over.
    var notes: [String] {
        [certificate?.statement].compactMap(\.self)
            + doctor.alarms.map { "alarm after step \($0.step), \($0.name): \($0.summary)" }
    }
}
