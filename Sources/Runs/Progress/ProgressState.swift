/// What is counted.
public enum ProgressUnit: Sendable {
    /// Steps, rows, prompts.
    case items
    case bytes
}

/// How far one piece of work is, and how that reads.
struct ProgressState: Sendable {
    var title: String
    var total: Int?
    var unit: ProgressUnit
    /// Done before this began, by an interrupted run: part of the bar, but not of the rate.
    var initial: Int
    var done: Int
    /// Tokens since this began; where there are any, the rate is theirs.
    var tokens = 0
    var metrics: [MetricsRecord.Metric] = []
    var seconds: Double = 0

    // MARK: Words

    var count: String {
        switch unit {
        case .items:
            return ProgressText.grouped(done) + (total.map { "/" + ProgressText.grouped($0) } ?? "")
        case .bytes:
            let megabytes = total.map { "/" + ProgressText.megabytes($0) } ?? ""
            return ProgressText.megabytes(done) + megabytes + " MB"
        }
    }

    /// What is done in less says nothing about the rate.
    private static let shortestMeasure = 0.1

    var rate: String? {
        guard seconds >= Self.shortestMeasure, done > initial else { return nil }
        if tokens > 0 { return ProgressText.grouped(Int((Double(tokens) / seconds).rounded())) + " tok/s" }
        let rate = Double(done - initial) / seconds
        return switch unit {
        case .items: ProgressText.significant(rate) + "/s"
        case .bytes: ProgressText.megabytes(Int(rate)) + " MB/s"
        }
    }

    var remaining: String? {
        guard let total, seconds >= Self.shortestMeasure, done > initial, done < total else { return nil }
        return "ETA " + ProgressText.duration(seconds * Double(total - done) / Double(done - initial))
    }

    private var metricTexts: [String] { Self.texts(of: metrics) }

    private static func texts(of metrics: [MetricsRecord.Metric]) -> [String] {
        metrics.map { "\($0.name) \(ProgressText.significant($0.value))" }
    }

    /// Metrics after what they are of, as a line may be seen beside another.
    private static func said(_ what: String, _ metrics: [MetricsRecord.Metric]) -> [String] {
        metrics.isEmpty ? [] : ["\(what): " + texts(of: metrics).joined(separator: ", ")]
    }

    // MARK: Lines

    /// One line without end, at most `width` columns: what matters least goes first where space is short.
    func bar(width: Int) -> String {
        for parts in barContents {
            let text = parts.joined(separator: "  ")
            let room = width - title.count - text.count - 4
            if let total, room >= Self.shortestGauge {
                return "\(title)  \(gauge(of: total, columns: min(room, Self.longestGauge)))  \(text)"
            } else if total == nil, room >= -2 {
                return "\(title)  \(text)"
            }
        }
        return "\(title)  \(count)".squeezed(to: width)
    }

    /// What may be shown beside the gauge, from everything to the least.
    private var barContents: [[String]] {
        let numbers = [count] + [rate, remaining].compactMap { $0 }
        let withMetrics = (0...metricTexts.count).reversed().map { numbers + metricTexts.prefix($0) }
        return withMetrics + [[count, remaining].compactMap { $0 }, [count]]
    }

    private static let shortestGauge = 10
    private static let longestGauge = 30

    private func gauge(of total: Int, columns: Int) -> String {
        let fraction = total > 0 ? min(1, max(0, Double(done) / Double(total))) : 1
        let filled = Int(fraction * Double(columns))
        return String(repeating: "█", count: filled) + String(repeating: "░", count: columns - filled)
    }

    /// A line for a log file: `training: 120/400 (30 %), 1,234 tok/s, ETA 2:10, loss 0.4321`.
    /// - Parameter means: of the metrics since the last such line, in place of the current ones.
    func line(withMeans means: [MetricsRecord.Metric]? = nil) -> String {
        let percent = total.flatMap { $0 > 0 ? " (\(100 * done / $0) %)" : nil } ?? ""
        let parts = [count + percent] + [rate, remaining].compactMap { $0 }
        return "\(title): "
            + (parts + (means.map { Self.said("mean", $0) } ?? metricTexts)).joined(separator: ", ")
    }

    /// What stays on screen when the work is done.
    var summary: String {
        let parts = [rate].compactMap { $0 } + Self.said("last step", metrics)
        return "\(title): \(count) in " + ([ProgressText.duration(seconds)] + parts).joined(separator: ", ")
    }
}

extension String {
    fileprivate func squeezed(to width: Int) -> String {
        count <= width ? self : String(prefix(max(0, width - 1))) + (width > 0 ? "…" : "")
    }
}
