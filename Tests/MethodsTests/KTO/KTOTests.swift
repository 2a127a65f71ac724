import Datasets
import Foundation
import LanguageModels
import Models
import RunTestSupport
import Runs
import TestSupport
import Testing
import Tokenization
import Torch

@testable import Methods

@Suite(.serialized) struct KTOTests {
    private let jobs: TinyRuns

    init() throws { jobs = try TinyRuns() }

    private func rows(_ count: Int) -> [TokenizedUnpaired] {
        (0..<count).map {
            TokenizedUnpaired(prompt: [1, 2], completion: [10 + $0], isDesirable: true, row: $0)
        }
    }

    private func partners(_ count: Int, groupSize: Int) -> [Int?] {
        KTO.Example.mismatching(rows(count), groupSize: groupSize, maximumLength: nil)
            .map { $0.mismatched.first.map { $0 - 10 } }
    }

    @Test func answersRotateWithinTheirGroup() {
        #expect(partners(7, groupSize: 3) == [2, 0, 1, 5, 3, 4, 5])
        #expect(partners(5, groupSize: 8) == [4, 0, 1, 2, 3])
        // A group of one takes the answer of the row before, never its own.
        #expect(partners(3, groupSize: 1) == [2, 0, 1])
        #expect(partners(1, groupSize: 4) == [nil])
    }

    /// Answers of one kind are learned from, and that they are no contrast is said.
    @Test(arguments: [("true", "good"), ("false", "bad"), ("true,false", nil)])
    func answersOfOneKindAreNoted(labels: String, kind: String?) throws {
        let labels = labels.split(separator: ",")
        let rows = (0..<4).map {
            #"{"prompt": "Q\#($0)", "completion": " A\#($0)", "label": \#(labels[$0 % labels.count])}"#
        }
        try jobs.folder.write(rows.joined(separator: "\n"), to: "rows.jsonl")
        var training = jobs.training(steps: 1)
        training.train = [jobs.folder.path("rows.jsonl")]
        let printed = PrintedLines()
        _ = try KTO.run(
            training, adapters: jobs.lowRank, context: jobs.context("run", progress: printed.display))
        let notes = printed.all.filter { $0.contains("kto learns from the difference") }
        #expect(notes.count == (kind == nil ? 0 : 1))
        if let kind { #expect(notes.first?.hasPrefix("all 4 answers are \(kind) ones") == true) }
        #expect(jobs.folder.holds("run/final"))
    }

    private struct Golden: Decodable {
        struct Row: Decodable {
            var mismatched: [Int]
            private enum CodingKeys: String, CodingKey { case mismatched = "KL_completion_ids" }
        }
        var rows: [Row]
        private enum CodingKeys: String, CodingKey { case rows = "prepared_rows" }
    }

    @Test func answersAreMismatchedAsInTRL() throws {
        let golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: Fixtures.golden("kto/kto/expected.json")))
        let preparation = UnpairedPreparation(
            tokenizer: try Tokenizer(contentsOf: Fixtures.golden("tiny-llama")), maximumLength: 512)
        let rows = try preparation.prepare(JSONLines(Fixtures.golden("kto/unpaired.jsonl"))).rows
        let examples = KTO.Example.mismatching(rows, groupSize: 4, maximumLength: 512)
        #expect(examples.map(\.mismatched) == golden.rows.map(\.mismatched))
    }

    /// What the maximum length cut off a long row's answer fits behind a shorter prompt.
    @Test func answersFillTheRoomBehindTheirNewPrompt() {
        let long = TokenizedUnpaired(
            prompt: [1, 2, 3, 4], completion: [5], cutOff: [6, 7, 8], isDesirable: true, row: 0)
        let short = TokenizedUnpaired(prompt: [1, 2], completion: [9], isDesirable: false, row: 1)
        let examples = KTO.Example.mismatching([long, short], groupSize: 2, maximumLength: 5)
        #expect(examples.map(\.mismatched) == [[9], [5, 6, 7]])
    }

    // MARK: Whole runs

    private func run(
        _ loss: KTO.Configuration.Loss, batchSize: Int, passes: Int, data: String? = nil, steps: Int = 3
    ) throws -> [MetricsRecord] {
        var training = jobs.training("kto/unpaired.jsonl", steps: steps, learningRate: 5e-4)
        if let data { training.train = [data] }
        training.batchSize = batchSize
        training.gradientAccumulationSteps = passes
        training.shuffle = false
        var method = KTO.Configuration()
        method.loss = loss
        method.reference = Fixtures.golden("tiny-llama-ref").path
        let output = "\(loss)-\(batchSize)-\(passes)-\(UUID().uuidString)"
        _ = try KTO.run(
            training, adapters: AdapterTraining(), method: method, context: jobs.context(output))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    /// The baseline belongs to the effective batch: however it is cut, odd ends included, a step is the same step.
    @Test(arguments: [(4, 2), (1, 8), (3, 3), (5, 2)]) func theCutChangesNothing(_ batch: Int, _ passes: Int)
        throws
    {
        let size = batch * passes
        let whole = try run(.kto, batchSize: size, passes: 1)
        let cut = try run(.kto, batchSize: batch, passes: passes)
        for (one, other) in zip(whole, cut) {
            for name in ["loss", "grad_norm", "kl"] {
                expectClose(
                    try #require(other[name]), try #require(one[name]), relative: 2e-5,
                    "\(batch) × \(passes), step \(one.step): \(name)")
            }
        }
        #expect(whole.contains { ($0["kl"] ?? 0) > 0 })
    }

    /// 24 rows in steps of 7: the last step of an epoch has 3, in steps of 23 it has one.
    @Test(arguments: [(7, 4), (23, 2)]) func oddEndsAreLearned(_ batch: Int, _ steps: Int) throws {
        let found = try run(.kto, batchSize: batch, passes: 1, steps: steps)
        #expect(found.count == steps && found.allSatisfy { $0["loss"]?.isFinite == true })
        #expect(found.last?.epoch == 1)
    }

    @Test func aSingleRowHasNoBaseline() throws {
        let file = try jobs.folder.write(
            #"{"prompt": "a", "completion": " b", "label": true}"#, to: "one.jsonl")
        let found = try run(.kto, batchSize: 1, passes: 1, data: file.path)
        #expect(found.allSatisfy { $0["kl"] == 0 && $0["rewards/rejected"] == nil && $0["loss"] != nil })
    }

    /// One pass a step: the two readings of the baseline are one.
    @Test func readingsAgreeWithoutAccumulation() throws {
        let (ours, theirs) = (
            try run(.kto, batchSize: 6, passes: 1), try run(.microBatch, batchSize: 6, passes: 1)
        )
        for (one, other) in zip(ours, theirs) {
            #expect(one["kl"] == other["kl"])
            expectClose(try #require(one["grad_norm"]), try #require(other["grad_norm"]), relative: 1e-6)
        }
    }
}
