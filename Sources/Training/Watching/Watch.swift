import Statistics

/// Recognises one thing that goes wrong in a run without an error, from the run's metrics alone: the same while the run goes on,
/// when it is over, and in runs of others. docs/doctor.md gives the reasons for every limit.
public protocol Watch: Sendable {
    /// In a word or two: `entropy`.
    var name: String { get }
    /// The metrics that it looks at, the most telling first; without any of them it is blind.
    var metrics: [String] { get }
    /// The one of them that it looks at; nil where it is blind.
    func watched(in history: RunHistory) -> Series?
    /// What is wrong by the last step; nil where nothing is, or too little is known.
    func alarm(in history: RunHistory) -> Alarm?
}

/// What a ``Watch`` says when something goes wrong.
public struct Alarm: Codable, Equatable, Sendable {
    /// Of the watch.
    public let name: String
    /// The step after which it was seen.
    public let step: Int
    public let metric: String
    /// What the metric was at first, or may be, and what it is; nil where that says nothing.
    public let from: Double?
    public let to: Double?
    /// The same in words.
    public let seen: String
    /// Why it matters.
    public let meaning: String
    /// What to change.
    public let advice: String

    public var summary: String { "\(seen); \(advice)" }
}

extension Watch {
    public func watched(in history: RunHistory) -> Series? { history.series(metrics, atLeast: 1) }

    /// An alarm of this watch, now.
    func alarm(
        in history: RunHistory, _ metric: String, from: Double? = nil, to: Double? = nil, seen: String,
        meaning: String, advice: String
    ) -> Alarm {
        Alarm(
            name: name, step: history.lastStep, metric: metric, from: from, to: to, seen: seen,
            meaning: meaning, advice: advice)
    }
}

/// A number as alarms write it.
func shown(_ value: Double) -> String { NumberStyle.plain.text(value) }

/// A share as alarms write it.
func percent(_ share: Double) -> String { NumberStyle.percent.text(share) }

/// A distance as alarms write it.
func nats(_ value: Double) -> String { NumberStyle.plain.text(value, step: 0.01) }
