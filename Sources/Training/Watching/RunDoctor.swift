import LanguageModels
import Runs

/// Looks at a run step by step, and raises each alarm once, when it is first due.
public struct RunDoctor: Sendable {
    public let watches: [any Watch]
    public private(set) var history: RunHistory
    /// All so far, in the order in which they were raised.
    public private(set) var alarms: [Alarm] = []

    /// - Parameters:
    ///   - totalSteps: of the whole run; nil where nobody knows.
    ///   - klBudget: nats per response; nil: what is usual.
    ///   - gold: metrics that nothing learns from.
    ///   - precision: that sampler and trainer compute in; nil where nobody knows.
    public init(
        totalSteps: Int? = nil, klBudget: Double? = nil, gold: [String] = [], precision: Precision? = nil
    ) {
        history = RunHistory(totalSteps: totalSteps)
        watches = [
            NotFiniteMetric(), NoGradient(), KLBudget(budget: klBudget), NegativeKL(),
            SamplerDrift(limit: precision == .fp32 ? 1e-4 : 0.1), EntropyArrival(), RepeatedAnswers(),
            LengthDrift(), Truncation(), SilentGroups(), ClipFraction(), BlindCritic(),
            GoldDivergence(gold: gold), StandingMargins(),
        ]
    }

    /// Takes in what a step measured.
    /// - Returns: the alarms that are new.
    @discardableResult
    public mutating func take(step: Int, _ metrics: [MetricsRecord.Metric]) -> [Alarm] {
        history.append(step: step, metrics)
        let raised = Set(alarms.map(\.name))
        let new = watches.filter { !raised.contains($0.name) }.compactMap { $0.alarm(in: history) }
        alarms += new
        return new
    }
}
