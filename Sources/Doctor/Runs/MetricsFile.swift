import Datasets
import Files
import Foundation
import JSON
import Runs

/// Metrics that somebody logged: a `trainer_state.json` of transformers and TRL, a JSON array, or JSON Lines.
struct MetricsFile {
    /// In the order of the file, by Heed's names. Rows of one step follow one another.
    let records: [MetricsRecord]
    /// That the run was to make; nil where the file does not say.
    let totalSteps: Int?
    /// What of it was understood in which way.
    let notes: [String]

    /// - Throws: `DataError` naming the file and the line that cannot be read; `FileError`.
    init(_ url: URL) throws {
        let data = try FileSystem.read(url)
        let (rows, totalSteps) = try Self.rows(of: data, in: url.relativePath)
        var unnumbered = 0
        var records: [MetricsRecord] = []
        for (columns, place) in rows {
            let step = try Self.step(of: columns, at: place)
            if step == nil { unnumbered += 1 }
            records.append(Self.record(of: columns, step: step ?? records.count + 1))
        }
        guard records.contains(where: { !$0.metrics.isEmpty }) else {
            throw DataError(
                file: url.relativePath, expected: "rows with numbers, such as {\"step\": 1, \"loss\": 0.7}",
                found: "none", remedy: "name the log of a training run")
        }
        (self.records, self.totalSteps) = (records, totalSteps)
        notes = unnumbered == 0 ? [] : ["\(unnumbered) rows name no step and count as they come"]
    }

    // MARK: Rows

    private typealias Row = (columns: JSONObject, place: Place)

    /// Rows a line each where the first line is one, or else those of a document.
    private static func rows(of data: Data, in file: String) throws -> ([Row], totalSteps: Int?) {
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .filter { $0.element.contains { !$0.isBlank } }
        let first = lines.first.flatMap { try? value($0.element, file, line: 1).object }
        if let first, first[history] == nil {
            return (
                try lines.map { index, line in
                    let place = Place(file: file, line: index + 1)
                    return (try object(value(line, file, line: index + 1), at: place), place)
                }, nil
            )
        }
        let document = try value(data, file, line: 1)
        let steps = document["max_steps"]?.integer.flatMap { $0 > 0 ? $0 : nil }
        return (try list(document[history] ?? document, file), steps)
    }

    /// Of `trainer_state.json`.
    private static let history = "log_history"

    private static func list(_ value: JSONValue, _ file: String) throws -> [Row] {
        guard let elements = value.array else {
            throw DataError(
                file: file, expected: "a list of rows, \"\(history)\" of trainer_state.json, or a row a line",
                found: value.kindDescription, remedy: "name trainer_state.json, or the log of a training run")
        }
        return try elements.enumerated().map { index, element in
            let place = Place(file: file, line: 1, row: index + 1)
            return (try object(element, at: place), place)
        }
    }

    private static func value(_ text: Data, _ file: String, line: Int) throws -> JSONValue {
        do {
            return try JSONValue(parsing: text, tolerating: [.all, .nonFiniteNumbers])
        } catch let error as JSONSyntaxError {
            throw DataError(
                file: file, line: line + error.line - 1, expected: error.expected,
                found: "\(error.found ?? "the end") at column \(error.column)",
                remedy: "fix or remove the line")
        }
    }

    private static func object(_ value: JSONValue, at place: Place) throws -> JSONObject {
        guard let object = value.object else {
            throw DataError(
                at: place, expected: "an object of metrics", found: value.kindDescription,
                remedy: "fix or remove the row")
        }
        return object
    }

    // MARK: Columns

    private static let stepNames = [
        "step", "global_step", "training/global_step", "train/global_step", "_step",
    ]

    private static func step(of columns: JSONObject, at place: Place) throws -> Int? {
        guard let name = stepNames.first(where: { columns[$0] != nil }), let value = columns[name] else {
            return nil
        }
        guard let number = value.number, let step = Int(exactly: number.rounded()), 0...(1 << 53) ~= step
        else {
            throw DataError(
                at: place, expected: "a whole number for \"\(name)\"", found: value.text(),
                remedy: "fix or remove the row")
        }
        return step
    }

    /// Of a metric that stands there twice, by its own and by another name, the first counts.
    private static func record(of columns: JSONObject, step: Int) -> MetricsRecord {
        var seen: Set<String> = []
        let metrics = numbers(in: columns).compactMap { name, value -> MetricsRecord.Metric? in
            let own = MetricNames.own(name)
            return seen.insert(own).inserted ? MetricsRecord.Metric(own, value) : nil
        }
        let epoch = columns["epoch"]?.number ?? 0
        return MetricsRecord(step: step, epoch: epoch, tokens: 0, seconds: 0, metrics: metrics)
    }

    /// Members that say nothing by their names.
    private static let wrappers: Set<String> = ["data", "logs", "metrics"]
    private static let depth = 4

    /// Numbers by their names, `a/b` for those of an object within; what is no number is left out.
    private static func numbers(
        in columns: JSONObject, within prefix: String = "", depth: Int = 0
    ) -> [(name: String, value: Double)] {
        columns.flatMap { name, value -> [(name: String, value: Double)] in
            if let object = value.object {
                let inner = wrappers.contains(name) ? prefix : "\(prefix)\(name)/"
                return depth < Self.depth ? numbers(in: object, within: inner, depth: depth + 1) : []
            }
            guard !(prefix + name == "epoch" || stepNames.contains(prefix + name)),
                let number = value.loggedNumber
            else { return [] }
            return [(prefix + name, number)]
        }
    }
}

extension JSONValue {
    /// A number, or the text in which one that is none is logged.
    fileprivate var loggedNumber: Double? {
        guard case .string(let text) = self else { return number }
        return ["nan", "inf", "-inf", "infinity", "-infinity"].contains(text.lowercased())
            ? Double(text) : nil
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == 0x20 || 0x09...0x0D ~= self }
}
