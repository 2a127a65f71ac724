import Foundation
import JSON

/// What one optimizer step measured.
public struct MetricsRecord: Equatable, Sendable {
    public struct Metric: Equatable, Sendable {
        public let name: String
        public let value: Double

        public init(_ name: String, _ value: Double) {
            self.name = name
            self.value = value
        }
    }

    /// Counts from 1.
    public var step: Int
    public var epoch: Double
    /// Tokens seen since the start of the run.
    public var tokens: Int
    /// Seconds of training since the start of the run, pauses between interruption and resumption left out.
    public var seconds: Double
    /// In the order they are written. Names are unique and none of `step`, `epoch`, `tokens`, `seconds`.
    public var metrics: [Metric]

    public init(step: Int, epoch: Double, tokens: Int, seconds: Double, metrics: [Metric]) {
        self.step = step
        self.epoch = epoch
        self.tokens = tokens
        self.seconds = seconds
        self.metrics = metrics
    }

    public subscript(name: String) -> Double? {
        metrics.first { $0.name == name }?.value
    }
}

/// A run's metrics: `metrics.jsonl`, one object per optimizer step, and the same numbers for TensorBoard.
public final class MetricsLog {
    private let log: StepLog
    private let events: EventsFile

    /// Continues the log of the run at `folder` as it was after `step`; 0 for a new one.
    init(folder: URL, started: Date, keepingThrough step: Int, now: Date = Date()) throws {
        let url = Self.file(in: folder)
        log = try StepLog(url, keepingThrough: step)
        let records = try log.lastStep > 0 ? Self.read(url) : []
        events = try EventsFile(folder: folder, started: started, now: now, records: records)
    }

    public static func file(in folder: URL) -> URL { folder.appendingPathComponent("metrics.jsonl") }

    /// The last step recorded; 0 before the first.
    public var lastStep: Int { log.lastStep }

    /// The record has left this process when this returns.
    ///
    /// - Throws: ``FileError``, such as a full disk; metrics.jsonl then ends with the step before.
    public func append(_ record: MetricsRecord) throws {
        precondition(record.step > lastStep, "metrics of step \(record.step) after those of step \(lastStep)")
        try log.append(step: record.step, record.members)
        try events.append(record)
    }

    func synchronize() throws {
        try log.synchronize()
        try events.synchronize()
    }

    /// The records of a metrics.jsonl, also of one that is being written.
    ///
    /// - Throws: ``RunError/malformed(_:line:expected:found:)`` or ``FileError``.
    public static func read(_ file: URL) throws -> [MetricsRecord] {
        try StepLog.read(file).enumerated().map { index, row in
            do {
                return try MetricsRecord(row)
            } catch let error as UnexpectedMember {
                throw RunError.malformed(file, line: index + 1, expected: error.expected, found: error.found)
            }
        }
    }
}

extension MetricsRecord {
    private static let ownNames: Set<String> = ["step", "epoch", "tokens", "seconds"]

    /// The row without its step.
    fileprivate var members: JSONObject {
        let names = metrics.map(\.name)
        precondition(
            Set(names).count == names.count && Self.ownNames.isDisjoint(with: names),
            "metric names clash: \(names)")
        var members: JSONObject = [
            "epoch": .number(epoch), "tokens": .integer(tokens), "seconds": .number(seconds),
        ]
        for metric in metrics { members[metric.name] = .number(metric.value) }
        return members
    }

    fileprivate init(_ row: JSONValue) throws {
        func value<Value>(_ name: String, _ convert: (JSONValue) -> Value?) throws -> Value {
            guard let value = row[name].flatMap(convert) else {
                throw UnexpectedMember(
                    expected: "a number for \"\(name)\"", found: row[name]?.text() ?? "none")
            }
            return value
        }
        self.init(
            step: try value("step", \.integer), epoch: try value("epoch", \.extendedNumber),
            tokens: try value("tokens", \.integer), seconds: try value("seconds", \.extendedNumber),
            metrics: try (row.object?.keys ?? []).filter { !Self.ownNames.contains($0) }.map {
                Metric($0, try value($0, \.extendedNumber))
            })
    }
}
