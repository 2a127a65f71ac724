import Datasets
import Foundation
import Models
import RunTestSupport
import Runs
import TestSupport
import Testing
import Training

@testable import Methods

/// A teacher whose scores are kept in a folder.
@Suite(.serialized) struct StoredTeacherTests {
    private let jobs: TinyRuns
    private static let teacher = Fixtures.golden("tiny-llama-ref").path

    init() throws { jobs = try TinyRuns() }

    @discardableResult
    private func run(
        _ output: String, teacher: String? = Self.teacher, topK: Int? = 512, steps: Int = 2,
        lines: PrintedLines = PrintedLines(),
        changing change: (inout Distillation.Configuration) -> Void = { _ in }
    ) throws -> [MetricsRecord] {
        var training = jobs.training(steps: steps, learningRate: 5e-4)
        training.train = [Fixtures.golden("distill/messages.jsonl").path]
        training.batchSize = 4
        var method = Distillation.Configuration()
        method.teacher = [teacher].compactMap(\.self)
        method.teacherScores = jobs.folder.path("scores")
        method.topK = topK
        change(&method)
        _ = try Distillation.run(
            training, method: method, context: jobs.context(output, progress: lines.display))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    private func losses(_ records: [MetricsRecord]) -> [Double] { records.compactMap { $0["loss"] } }

    @Test func allTokensAreTheTeacherItself() throws {
        let exact = try run("exact", topK: nil) { $0.teacherScores = nil }
        let lines = PrintedLines()
        let stored = try run("stored", lines: lines)
        // What halves round off.
        expectClose(losses(stored), losses(exact), relative: 1e-3, floor: 0.01)
        #expect(lines.all.contains { $0.contains("bytes a token; 16 rows are new") }, "\(lines.all)")
        #expect(lines.all.contains { $0.contains("nats a token by the teacher itself and") }, "\(lines.all)")

        // Another student needs the teacher no more.
        let again = PrintedLines()
        let alone = try run("alone", teacher: nil, topK: nil, lines: again)
        #expect(losses(alone) == losses(stored))
        #expect(again.all.contains { $0.contains("0 rows are new") }, "\(again.all)")
    }

    @Test func fewTokensAreABoundOfTheLoss() throws {
        let exact = try run("exact", topK: nil, steps: 1) { $0.teacherScores = nil }
        let stored = try run("few", topK: 4, steps: 1)
        #expect(losses(stored)[0] < losses(exact)[0] && losses(stored)[0] > 0)
    }

    @Test func anotherHeadIsRefused() throws {
        try run("first", topK: 8, steps: 1)
        func refused(_ change: (inout Distillation.Configuration) -> Void) -> String {
            jobs.message { _ = try run("second", topK: nil, steps: 1, changing: change) } ?? "nothing"
        }
        #expect(refused { $0.teacher = [jobs.model] }.contains("expected scores of"))
        #expect(refused { $0.lossTemperature = 2 }.contains("expected the temperature 2.0"))
        #expect(refused { $0.topK = 9 }.contains("expected the best tokens of a position, 9"))
        #expect(refused { $0.teacherScores = jobs.folder.url.path }.contains("where"))
        #expect(
            refused {
                ($0.teacher, $0.teacherScores) = ([], jobs.folder.path("nowhere"))
            }.contains("a teacher to make it by"))
        // Rows that the folder lacks.
        try jobs.folder.write(#"{"prompt": "New?", "completion": " Yes."}"#, to: "new.jsonl")
        var training = jobs.training(steps: 1)
        training.train = [jobs.folder.path("new.jsonl")]
        var method = Distillation.Configuration()
        method.teacherScores = jobs.folder.path("scores")
        let message = jobs.message {
            _ = try Distillation.run(training, method: method, context: jobs.context("third"))
        }
        #expect(message?.contains("1 rows without, such as") == true, "\(message ?? "")")
    }

    /// What a killed process left is completed; what somebody changed is told.
    @Test func tornAndDamagedRecords() throws {
        let whole = losses(try run("whole", topK: 8))
        let scores = try jobs.folder.data("scores/scores.bin")
        let file = jobs.folder.url.appending(path: "scores/scores.bin")
        for length in [0, 5, 80, scores.count / 2, scores.count - 1] {
            try scores.prefix(length).write(to: file)
            #expect(losses(try run("torn\(length)", topK: 8)) == whole)
            #expect(try jobs.folder.data("scores/scores.bin") == scores, "\(length)")
        }
        var damaged = scores
        damaged[100] ^= 4
        try damaged.write(to: file)
        let message = jobs.message { try run("damaged", topK: 8) }
        #expect(
            message?.contains("scores.bin: byte 0: expected the scores of a row") == true, "\(message ?? "")")
        // Nothing was added to it, or taken away.
        #expect(try jobs.folder.data("scores/scores.bin") == damaged)
    }

    @Test func recordsReadBack() throws {
        for (count, vocabulary) in [(1, 1), (3, 512), (5, 49_152), (2, 3)] where count <= vocabulary {
            let layout = ScoreLayout(count: count, vocabularySize: vocabulary)
            let values = (0..<3 * count).map { -Float($0 % count) - 0.7 }
            let sums = (0..<3).map { row in
                values[row * count..<(row + 1) * count].reduce(0) { $0 + exp($1) }
            }
            let record = ScoreRecord(
                ids: (0..<3 * count).map { ($0 * 7919 + vocabulary - 1) % vocabulary },
                logProbabilities: values, tails: sums.map { max(0, 1 - $0) })
            let bytes = record.bytes(layout)
            #expect(bytes.count == layout.byteCount(positions: 3))
            let found = try ScoreRecord(bytes, layout)
            #expect(found.ids == record.ids && found.tails == record.tails)
            for row in 0..<3 {
                let head = found.logProbabilities[row * count..<(row + 1) * count].reduce(0) { $0 + exp($1) }
                #expect(abs(head + found.tails[row] - 1) < 1e-5)
            }
            #expect(throws: ScoreRecord.Malformed.self) { try ScoreRecord(bytes.dropLast(), layout) }
        }
        // 64 of 49,152 tokens in 260 bytes.
        #expect(ScoreLayout(count: 64, vocabularySize: 49_152).byteCount(positions: 1) - 4 == 260)
    }
}
