import Settings

/// Which of the models that a run passes through is the one to use: settings of evaluations that decide something.
public struct ModelSelection: ConfigurationSection, Equatable {
    /// The evaluation's metric by which a model is better, `eval_loss` or `loss`; where it is given, `final/` is the
    /// best model rather than the last.
    public var metric: String?
    /// Keeps the best model or not whatever else is set; nil: where a metric is given.
    public var isRequested: Bool?
    /// Nil: by the name of the metric, of which losses, perplexities, bits per byte and distances to a teacher are better when
    /// lower.
    public var greaterIsBetter: Bool?
    /// Ends training after this many evaluations in a row without a better model; nil: at its last step.
    public var patience: Int?
    /// By how much a metric must be better to count.
    public var threshold = 0.0

    public init() {}

    public enum CodingKeys: String, CodingKey {
        case metric = "keep_best"
        case isRequested = "load_best_model_at_end"
        case greaterIsBetter = "greater_is_better"
        case patience = "early_stopping_patience"
        case threshold = "early_stopping_threshold"
    }

    public static let synonyms: [String: ConfigurationSynonym] = [
        "metric_for_best_model": .name("keep_best", values: ["null": nil])
    ]

    public static let ranges: [String: SettingRange] = [
        "early_stopping_patience": .atLeast(1), "early_stopping_threshold": .atLeast(0),
    ]

    public static let needs: [String: SettingNeed] = Dictionary(
        uniqueKeysWithValues: ["greater_is_better", "early_stopping_threshold"].map {
            ($0, SettingNeed.beside("keep_best", "load_best_model_at_end", "early_stopping_patience"))
        })

    /// Says whether the best model is kept, and which way its metric is better.
    public mutating func resolve() {
        guard isOn else {
            isRequested = false
            return
        }
        isRequested = keepsBest
        metric = metric ?? "loss"
        greaterIsBetter = prefersGreater
    }

    /// Whether `final/` is the best model.
    public var keepsBest: Bool { isRequested ?? (metric != nil) }

    /// Whether evaluations decide anything.
    public var isOn: Bool { keepsBest || patience != nil }

    /// What the names of metrics of evaluations begin with.
    static let prefix = "eval_"

    /// The metric as evaluations name it.
    var metricName: String {
        let name = metric ?? "loss"
        return name.hasPrefix(Self.prefix) ? name : Self.prefix + name
    }

    /// That an evaluation has no such metric.
    func unknownMetric(in evaluation: Metrics) -> InvalidSetting {
        let names = evaluation.entries.map { $0.name.replacing(/^eval_/, with: "") }
        return InvalidSetting(
            CodingKeys.metric.stringValue, expected: "one of \(names.joined(separator: ", "))",
            found: metric ?? "loss")
    }

    /// - Throws: `InvalidSetting` where evaluations are to decide and there are none.
    func check(hasEvaluation: Bool) throws {
        guard isOn, !hasEvaluation else { return }
        throw InvalidSetting(
            (keepsBest ? CodingKeys.metric : .patience).stringValue,
            expected: "rows to evaluate on (--eval FILE)", found: "none")
    }

    private static let betterWhenLower = ["loss", "perplexity", "bits_per_byte", "teacher_kl", "span_gap"]

    fileprivate var prefersGreater: Bool {
        // `teacher_kl/FILE` is that of one file.
        let names = [metricName, String(metricName.prefix { $0 != "/" })]
        return greaterIsBetter
            ?? !Self.betterWhenLower.contains { suffix in names.contains { $0.hasSuffix(suffix) } }
    }
}

/// What evaluations have said so far; a part of every checkpoint, so that a resumed run decides the same.
package struct EvaluationRecord: Codable, Equatable {
    /// The step of the best evaluation, nil before the first.
    private(set) var bestStep: Int?
    private(set) var bestValue: Double?
    /// Evaluations since then.
    private(set) var withoutImprovement = 0

    /// Takes in the evaluation after `step`.
    /// - Returns: whether it is the best so far. A number that is none never is.
    /// - Throws: `InvalidSetting` where the evaluation has no such metric.
    mutating func record(_ evaluation: Metrics, step: Int, _ selection: ModelSelection) throws -> Bool {
        guard let value = evaluation[selection.metricName] else {
            throw selection.unknownMetric(in: evaluation)
        }
        return record(value, step: step, selection)
    }

    /// The same for the value that a metric had at `step`.
    mutating func record(_ value: Double, step: Int, _ selection: ModelSelection) -> Bool {
        guard isBetter(value, selection) else {
            withoutImprovement += 1
            return false
        }
        (bestStep, bestValue, withoutImprovement) = (step, value, 0)
        return true
    }

    /// Whether patience has run out.
    func hasEnded(_ selection: ModelSelection) -> Bool {
        selection.patience.map { withoutImprovement >= $0 } ?? false
    }

    private func isBetter(_ value: Double, _ selection: ModelSelection) -> Bool {
        guard value.isFinite else { return false }
        guard let bestValue else { return true }
        return selection.prefersGreater
            ? value > bestValue + selection.threshold : value < bestValue - selection.threshold
    }
}
