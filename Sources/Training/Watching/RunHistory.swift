import Runs
import Statistics

/// The metrics of a run as far as it has come, each by its name. What could not be measured in a step is not there, and what
/// is no finite number is kept apart.
public struct RunHistory: Sendable {
    public struct Point: Sendable, Equatable {
        public let step: Int
        public let value: Double
    }

    /// Steps of the whole run; nil where nobody knows.
    public let totalSteps: Int?
    public private(set) var lastStep = 0
    /// The first metric that was no finite number.
    public private(set) var notFinite: (name: String, step: Int, value: Double)?
    private var columns: [String: [Point]] = [:]

    public init(totalSteps: Int? = nil) { self.totalSteps = totalSteps }

    public var names: [String] { columns.keys.sorted() }

    /// Takes in what a step measured, or more of it.
    public mutating func append(step: Int, _ metrics: [MetricsRecord.Metric]) {
        lastStep = max(lastStep, step)
        for metric in metrics { append(metric, step) }
        // Other tools, and `grpo`, measure the distance of a token; that of a response is what answers drift by.
        if let kl = metrics.first(where: { $0.name == Self.klOfToken }), kl.value.isFinite,
            !metrics.contains(where: { $0.name == Self.klOfResponse }),
            let length = columns["completions/mean_length"]?.last
        {
            append(.init(Self.klOfResponse, kl.value * length.value), step)
        }
    }

    private mutating func append(_ metric: MetricsRecord.Metric, _ step: Int) {
        guard metric.value.isFinite else {
            if notFinite == nil { notFinite = (metric.name, step, metric.value) }
            return
        }
        columns[metric.name, default: []].append(Point(step: step, value: metric.value))
    }

    /// Nats per token, and per response.
    static let klOfToken = "kl"
    static let klOfResponse = "objective/kl"

    /// The first of some metrics that was measured often enough.
    public func series(_ names: [String], atLeast count: Int = Series.window) -> Series? {
        for name in names {
            if let points = columns[name], points.count >= count { return Series(name: name, points: points) }
        }
        return nil
    }

    /// Whether the run learns from rewards.
    public var isReinforcement: Bool { series(Self.rewards, atLeast: 1) != nil }

    /// What a run maximises, by the names of `ppo` and `grpo`.
    public static let rewards = ["objective/scores", "reward"]
}

/// One metric of a run, oldest value first, at least one.
public struct Series: Sendable {
    public let name: String
    public let points: [RunHistory.Point]

    /// Steps that are averaged before anything is said of them: single batches are noisy.
    public static let window = 5

    public var first: RunHistory.Point { points[0] }
    public var last: RunHistory.Point { points[points.count - 1] }

    /// Means of the first and of the last values, up to `count` of them.
    public func start(_ count: Int = Series.window) -> Double { Self.mean(points.prefix(count)) }
    public func end(_ count: Int = Series.window) -> Double { Self.mean(points.suffix(count)) }

    private static func mean(_ points: ArraySlice<RunHistory.Point>) -> Double {
        Moments(points.map(\.value)).mean
    }
}
