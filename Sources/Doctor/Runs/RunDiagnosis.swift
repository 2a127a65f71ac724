import Datasets
import Errors
import Runs
import Statistics
import Training

/// What the doctor says of a run from its log: `heed doctor --run`.
public struct RunDiagnosis: Sendable {
    /// What one watch saw.
    public struct Check: Sendable {
        public let name: String
        /// The metric that it looked at, from its first steps to its last; nil where the run did not measure it.
        public let metric: String?
        public let first: Double?
        public let last: Double?
        public let alarm: Alarm?
    }

    public let run: String
    /// Who made it: `heed ppo`, or the file that it was read from.
    public let kind: String
    public let steps: Int
    public let checks: [Check]
    public let notes: [String]

    /// - Parameter path: a run folder of Heed, an output folder of TRL or one of its checkpoints, or a file of metrics.
    /// - Throws: `DataError` with file and line where it cannot be read, or has no metric that anybody watches; `RunError`,
    ///   `FileError`.
    public init(of path: String) throws {
        let run = try LoggedRun(path)
        let (watches, history) = (run.doctor.watches, run.doctor.history)
        checks = watches.map { watch in
            let series = watch.watched(in: history)
            let alarm = run.doctor.alarms.first { $0.name == watch.name }
            return Check(
                name: watch.name, metric: series?.name ?? alarm?.metric, first: series?.start(),
                last: series?.end(), alarm: alarm)
        }
        guard checks.contains(where: { $0.metric != nil }) else {
            throw DataError(
                file: path, expected: "a metric that is known, such as loss, reward or objective/kl",
                found: history.names.isEmpty ? "none" : history.names.prefix(5).joined(separator: ", "),
                remedy: "rename it, or name the log of a training run")
        }
        self.run = path
        kind = run.kind
        steps = Set(run.records.map(\.step)).count
        notes =
            run.notes + Self.unread(history, watches) + [Self.trend(run.records, history)].compactMap(\.self)
    }

    /// One note of all that no watch looks at.
    private static func unread(_ history: RunHistory, _ watches: [any Watch]) -> [String] {
        let read = Set(watches.flatMap(\.metrics) + RunHistory.rewards + ["completions/mean_length"])
        let others = history.names.filter { !read.contains($0) }
        guard !others.isEmpty else { return [] }
        return [
            "\(others.count) of \(history.names.count) metrics are not looked at: "
                + others.prefix(6).joined(separator: ", ") + (others.count > 6 ? ", …" : "")
        ]
    }

    /// How the loss went, where it should fall.
    private static func trend(_ records: [MetricsRecord], _ history: RunHistory) -> String? {
        TrainingGuide("", shown: [], lossShouldFall: !history.isReinforcement, curves: [])
            .concern(about: records)
    }

    /// Nil where no alarm was raised.
    public var failure: AlarmsRaised? {
        let names = checks.filter { $0.alarm != nil }.map(\.name)
        return names.isEmpty ? nil : AlarmsRaised(run: run, names: names)
    }
}

/// A run in which something went wrong.
public struct AlarmsRaised: CategorizedError, Equatable, CustomStringConvertible {
    public let run: String
    public let names: [String]

    public var category: ErrorCategory { .unhealthy }
    public var description: String {
        "\(run): \(names.count) alarm\(names.count == 1 ? "" : "s"): \(names.joined(separator: ", "))"
    }
}

// MARK: For people

extension RunDiagnosis {
    public var lines: [String] {
        let width = checks.map(\.name.count).max() ?? 0
        let blind = checks.count { $0.metric == nil }
        let raised = checks.count { $0.alarm != nil }
        return checks.flatMap { $0.lines(width: width) } + notes.map { "note: \($0)" } + [
            "\(raised == 0 ? "no alarm" : "\(raised) alarm\(raised == 1 ? "" : "s")") in \(steps) steps of \(kind) in "
                + "\(run)" + (blind == 0 ? "" : "; \(blind) of \(checks.count) checks had nothing to look at")
        ]
    }
}

extension RunDiagnosis.Check {
    fileprivate func lines(width: Int) -> [String] {
        let name = name.padding(toLength: width, withPad: " ", startingAt: 0)
        if let alarm {
            return [
                "✗ \(name)  after step \(alarm.step): \(alarm.seen)", "    why it matters: \(alarm.meaning)",
            ]
                + ["    what to change: \(alarm.advice)"]
        }
        guard let metric, let first, let last else { return ["– \(name)  not measured"] }
        let (from, to) = (NumberStyle.plain.text(first), NumberStyle.plain.text(last))
        return ["✓ \(name)  \(metric) " + (from == to ? to : "\(from) to \(to)")]
    }
}

// MARK: For programs

extension RunDiagnosis: Encodable {
    private enum CodingKeys: String, CodingKey {
        case run, kind, steps, healthy, checks, notes
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(run, forKey: .run)
        try container.encode(kind, forKey: .kind)
        try container.encode(steps, forKey: .steps)
        try container.encode(failure == nil, forKey: .healthy)
        try container.encode(checks, forKey: .checks)
        try container.encode(notes, forKey: .notes)
    }
}

extension RunDiagnosis.Check: Encodable {
    private enum CodingKeys: String, CodingKey {
        case name, status, metric, first, last, alarm
    }

    /// `status` is `quiet`, `alarm` or `not measured`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let status = alarm != nil ? "alarm" : metric == nil ? "not measured" : "quiet"
        try container.encode(name, forKey: .name)
        try container.encode(status, forKey: .status)
        try container.encode(metric, forKey: .metric)
        try container.encode(first, forKey: .first)
        try container.encode(last, forKey: .last)
        try container.encode(alarm, forKey: .alarm)
    }
}
