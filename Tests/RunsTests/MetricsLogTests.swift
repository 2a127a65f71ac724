import Files
import Foundation
import JSON
import RandomNumbers
import SwiftProtobuf
import TestSupport
import Testing

@testable import Runs

@Suite struct MetricsLogTests {
    let folder: TemporaryFolder
    let start = Date(timeIntervalSince1970: 1_700_000_000)

    init() throws { folder = try TemporaryFolder() }

    private var file: URL { folder.item("metrics.jsonl") }

    private func log(keepingThrough step: Int = 0, secondsLater: Double = 0) throws -> MetricsLog {
        try MetricsLog(
            folder: folder.url, started: start, keepingThrough: step,
            now: start.addingTimeInterval(secondsLater))
    }

    @Test func writesInTheOrderGiven() throws {
        let log = try log()
        try log.append(
            MetricsRecord(
                step: 1, epoch: 0.5, tokens: 128, seconds: 1.25,
                metrics: [
                    .init("loss", 0.1), .init("grad_norm", .nan), .init("a", .infinity), .init("z", 1e-6),
                ]))
        #expect(
            try folder.text(of: "metrics.jsonl")
                == #"{"step": 1, "epoch": 0.5, "tokens": 128, "seconds": 1.25, "loss": 0.1, "#
                + #""grad_norm": "NaN", "a": "Infinity", "z": 1e-06}"# + "\n")
    }

    @Test func readsBackBitForBit() throws {
        let log = try log()
        var random = RandomSource(seed: 7)
        let records = (1...50).map { step in
            MetricsRecord(
                step: step, epoch: random.uniform(), tokens: step * 1000, seconds: random.uniform() * 1e4,
                metrics: (0..<5).map { .init("m\($0)", (random.uniform() - 0.5) * 1e-3) })
        }
        for record in records { try log.append(record) }
        #expect(try MetricsLog.read(file) == records)
    }

    // MARK: Damage

    @Test func aTornLastLineIsCut() throws {
        let whole = try lines(through: 3)
        let last = try #require(whole.split(separator: "\n").last).utf8.count
        for missing in 1...last {
            try folder.write(String(whole.dropLast(missing)), to: "metrics.jsonl")
            #expect(try MetricsLog.read(file).map(\.step) == [1, 2])
            #expect(try log(keepingThrough: 2).lastStep == 2)
            #expect(try folder.text(of: "metrics.jsonl") == lines(through: 2))
        }
    }

    @Test func zerosOfAPowerFailureAreCut() throws {
        let kept = try lines(through: 2)
        try folder.write(kept + String(repeating: "\0", count: 500), to: "metrics.jsonl")
        let log = try log(keepingThrough: 2)
        try log.append(.example(step: 3))
        #expect(try folder.text(of: "metrics.jsonl") == lines(through: 3))
    }

    @Test func damageBeforeTheCheckpointIsNamed() throws {
        let text = try lines(through: 4).replacingOccurrences(of: #"{"step": 2,"#, with: #"{"step" 2,"#)
        try folder.write(text, to: "metrics.jsonl")
        let error = try #require(throws: RunError.self) { _ = try log(keepingThrough: 4) }
        #expect(
            error.description.hasPrefix(
                "\(file.path):2: expected ':' at column 9, found '{\"step\" 2, \"epoch\": 0.66666"))
        #expect(!error.description.contains("\n"))
        #expect(try folder.text(of: "metrics.jsonl") == text)
        #expect(throws: RunError.self) { try MetricsLog.read(file) }
    }

    @Test func damageAfterTheCheckpointIsCut() throws {
        try folder.write(try lines(through: 2) + "garbage\n{\"step\": 4}\n", to: "metrics.jsonl")
        #expect(try log(keepingThrough: 2).lastStep == 2)
        #expect(try folder.text(of: "metrics.jsonl") == lines(through: 2))
    }

    @Test(arguments: [#"{"step": 3, "epoch": 1}"#, #"{"step": 2}"#, #"[3]"#, #"{"step": 0}"#])
    func wrongRowsAreNamed(_ row: String) throws {
        try folder.write(try lines(through: 2) + row + "\n" + row + "\n", to: "metrics.jsonl")
        #expect(throws: RunError.self) { try MetricsLog.read(file) }
    }

    private func lines(through step: Int) throws -> String {
        let scratch = try TemporaryFolder()
        let log = try MetricsLog(folder: scratch.url, started: start, keepingThrough: 0, now: start)
        for step in 1...step { try log.append(.example(step: step)) }
        return try scratch.text(of: "metrics.jsonl")
    }

    // MARK: TensorBoard

    @Test func tensorBoardGetsTheSameNumbers() throws {
        let log = try log()
        for step in 1...3 { try log.append(.example(step: step)) }
        let events = try EventsReader.events(in: folder.url)
        #expect(events.first?.fileVersion == "brain.Event:2")
        #expect(events[1].sessionLog.status == .start)
        #expect(events.dropFirst(2).map(\.step) == [1, 2, 3])
        let last = try #require(events.last)
        #expect(last.wallTime == 1_700_000_000.75)
        #expect(last.summary.value.map(\.tag) == ["epoch", "tokens", "loss", "grad_norm"])
        #expect(last.summary.value.map(\.simpleValue) == [1, 300, Float(1.0 / 3), Float(0.1 * 3)])
    }

    @Test func resumingTakesTheEventsBackToo() throws {
        let first = try log()
        for step in 1...5 { try first.append(.example(step: step)) }
        let second = try log(keepingThrough: 3, secondsLater: 60)
        try second.append(.example(step: 4))
        let names = try folder.names.filter { $0.hasPrefix("events") }
        #expect(names == ["events.out.tfevents.1700000060.heed"])
        #expect(try EventsReader.events(in: folder.url).dropFirst(2).map(\.step) == [1, 2, 3, 4])
    }
}

@Suite struct StepLogTests {
    @Test func severalRowsOfOneStep() throws {
        let folder = try TemporaryFolder()
        let url = folder.item("samples.jsonl")
        let log = try StepLog(url, keepingThrough: 0)
        #expect(!FileSystem.exists(url))
        for (step, text) in [(1, "a"), (1, "b"), (2, "c")] {
            try log.append(step: step, ["text": .string(text)])
        }
        #expect(try StepLog.read(url).map { $0["text"] } == ["a", "b", "c"])
        let resumed = try StepLog(url, keepingThrough: 1)
        #expect(resumed.lastStep == 1)
        #expect(try StepLog.read(url).map { $0["text"] } == ["a", "b"])
    }
}

/// Takes an events file apart, checking every length and checksum.
enum EventsReader {
    static func events(in folder: URL) throws -> [TensorBoardEvent] {
        let url = try #require(
            FileSystem.contents(of: folder).first { $0.lastPathComponent.hasPrefix("events.out.tfevents.") })
        var rest = try Data(contentsOf: url)[...]
        var events: [TensorBoardEvent] = []
        while !rest.isEmpty {
            let header = rest.prefix(8)
            let length = Int(number(header))
            try #require(rest.count >= length + 16)
            let message = rest.dropFirst(12).prefix(length)
            #expect(number(rest.dropFirst(8).prefix(4)) == UInt64(CRC32C.masked(of: header)))
            #expect(number(rest.dropFirst(12 + length).prefix(4)) == UInt64(CRC32C.masked(of: message)))
            events.append(try TensorBoardEvent(serializedBytes: Data(message)))
            rest = rest.dropFirst(16 + length)
        }
        return events
    }

    private static func number(_ bytes: Data) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
