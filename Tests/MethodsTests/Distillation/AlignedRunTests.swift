import Datasets
import Foundation
import Models
import RunTestSupport
import Runs
import TestSupport
import Testing
import Training

@testable import Methods

/// Whole runs from a teacher with another tokenizer.
@Suite(.serialized) struct AlignedRunTests {
    private let jobs: TinyRuns
    private let teacher: String

    init() throws {
        jobs = try TinyRuns()
        teacher = try jobs.makeTeacherOfAnotherTokenizer().path
        // Its vocabulary has few letters.
        let rows = ["cold", "sold", "told", "ink", "tall", "ferm", "hot", "wet"].map {
            #"{"prompt": "The \#($0)", "completion": " keeper walked to the \#($0) market."}"#
        }
        try jobs.folder.write(rows.joined(separator: "\n"), to: "rows.jsonl")
    }

    private func run(
        _ output: String, file: String = "rows.jsonl", steps: Int = 6,
        changing change: (inout Distillation.Configuration) -> Void = { _ in }
    ) throws -> [MetricsRecord] {
        var training = jobs.training(steps: steps, learningRate: 3e-3)
        training.train = [jobs.folder.path(file)]
        training.batchSize = 8
        training.schedule = .constant
        var method = Distillation.Configuration()
        method.teacher = [teacher]
        method.maximumNewTokens = 5
        change(&method)
        _ = try Distillation.run(
            training, adapters: jobs.lowRank, method: method, context: jobs.context(output))
        return try MetricsLog.read(jobs.folder.url.appending(path: "\(output)/metrics.jsonl"))
    }

    @Test(arguments: Distillation.Configuration.Alignment.allCases)
    func everyAlignmentLearns(_ alignment: Distillation.Configuration.Alignment) throws {
        let records = try run("run") { $0.alignment = alignment }
        let losses = records.compactMap { $0["loss"] }
        #expect(try #require(losses.last) < losses[0])
        #expect(records.allSatisfy { ($0["aligned"] ?? 0) > 0.9 && $0["span_gap"] != nil })
    }

    /// The likelihood of spans is what is used where nothing else is asked for.
    @Test func theUsualAlignment() throws {
        let (usual, named) = (try run("usual", steps: 2), try run("named", steps: 2) { $0.alignment = .alm })
        #expect(usual.map(\.metrics) == named.map(\.metrics))
    }

    @Test func ownAnswersAreAlignedToo() throws {
        let records = try run("own", steps: 2) { $0.onPolicy = 1 }
        #expect(
            records.count == 2 && records.allSatisfy { $0["on_policy"] == 1 && $0["loss"]?.isFinite == true })
    }

    @Test func whatNeedsTheSameTokensIsRefused() throws {
        for change: (inout Distillation.Configuration) -> Void in [
            { $0.distillsSequences = true }, { $0.teacherScores = jobs.folder.path("scores") },
        ] {
            let message = jobs.message { _ = try run("refused", steps: 1, changing: change) }
            #expect(
                message?.contains("a model with the student's tokenizer beside") == true, "\(message ?? "")")
        }
    }
}
