import Foundation
import Statistics

/// How far a study is, and how fast it goes.
public struct StudyProgress: Encodable, Hashable, Sendable {
    /// How many judgments were given in an hour in which there were any.
    public struct Hour: Encodable, Hashable, Sendable {
        public var start: Date
        public var judgments: Int
    }

    /// Work items, those that enough people have judged, and those that somebody has judged.
    public var items: Int
    public var complete: Int
    public var begun: Int
    /// All first showings and repeats of all kinds of items; a revision counts once.
    public var judgments: Int
    public var annotators: Int
    public var hours: [Hour]
    /// Judgments on the average day, of those days on which there were any (UTC).
    public var perDay: Double?

    init(_ index: StudyIndex) {
        let overlap = index.project.definition.overlap
        let work = index.items.values.count { $0.kind == .work }
        items = work
        let begun = index.work.filter { index.items[$0.item]?.kind == .work }
        self.begun = begun.count
        complete = begun.count { $0.judgments.count >= overlap }
        judgments = index.judgments.count
        annotators = index.names.count
        let counts = Dictionary(
            grouping: index.judgments, by: { ($0.createdAt.timeIntervalSince1970 / 3_600).rounded(.down) })
        hours = counts.sorted { $0.key < $1.key }.map {
            Hour(start: Date(timeIntervalSince1970: $0.key * 3_600), judgments: $0.value.count)
        }
        let days = Set(hours.map { ($0.start.timeIntervalSince1970 / 86_400).rounded(.down) })
        perDay = days.isEmpty ? nil : Double(judgments) / Double(days.count)
    }
}

/// How long people look at an item.
public struct StudyTime: Encodable, Hashable, Sendable {
    /// Whoever takes longer than this was away; it counts as this much, in seconds.
    public static let idle = 600.0

    /// In seconds.
    public var median: Double
    public var lowerQuartile: Double
    public var upperQuartile: Double
    /// How often somebody was away.
    public var idle: Int
    /// Judgments in an hour of looking.
    public var perHour: Double?
    /// Every time, for the histogram; not in the JSON.
    public let seconds: [Double]

    private enum CodingKeys: String, CodingKey { case median, lowerQuartile, upperQuartile, idle, perHour }

    /// - Returns: nil without judgments of which it is known how long they took, as it is not of imported rows without a time.
    init?(_ judgments: [Judgment]) {
        let judgments = judgments.filter { $0.seconds > 0 }
        seconds = judgments.map { min($0.seconds, Self.idle) }
        guard let median = quantile(0.5, of: seconds), let lower = quantile(0.25, of: seconds),
            let upper = quantile(0.75, of: seconds)
        else { return nil }
        self.median = median
        lowerQuartile = lower
        upperQuartile = upper
        idle = judgments.count { $0.seconds > Self.idle }
        let total = seconds.reduce(0, +)
        perHour = total > 0 ? 3_600 * Double(seconds.count) / total : nil
    }
}
