import Datasets
import Foundation
import Methods
import Models
import Rewards
import Statistics
import TestSupport
import Testing
import Training

@testable import Evaluation

/// What is said about a reward model, from scores that are given.
@Suite struct RewardModelSummaryTests {
    /// Judgments with the scores of their answers: of the shared model, then of each group.
    private struct Judged {
        let row: JudgmentRow
        let scores: [[Double]]
    }

    private func comparison(
        _ prompt: String, _ scores: [[Double]], group: String? = nil, aspect: String? = nil
    ) -> Judged {
        let row = ComparisonRow(
            prompt: .plain(prompt), chosen: .plain("chosen"), rejected: .plain("rejected"),
            context: JudgmentContext(group: group, aspect: aspect))
        return Judged(row: .comparison(row), scores: scores)
    }

    /// - Parameter lengths: of the sequences of each row.
    private func summary(
        _ judged: [Judged], lengths: [[Int]]? = nil, _ change: (inout RewardDescription) -> Void = { _ in }
    ) throws -> Report.RewardModelQuality? {
        var description = RewardDescription(aspects: ["LABEL_0"])
        change(&description)
        let rows = judged.enumerated().map {
            SourcedRow($1.row, place: Place(file: "data/held-out.jsonl", line: $0 + 1), index: $0)
        }
        let judgments = judged.enumerated().map { index, judged in
            TokenizedJudgment(
                sequences: judged.row.responses.indices.map { position in
                    Array(repeating: 1, count: lengths?[index][position] ?? 4)
                },
                verdict: judged.row.verdict, context: judged.row.context, row: index)
        }
        let scores = judged.map { judged in
            judged.row.responses.indices.map { position in
                RewardScores(members: [judged.scores.map { [$0[position]] }])
            }
        }
        return RewardModelSummary(
            ScoredJudgments(rows: rows, judgments: judgments, scores: scores, description: description),
            bootstrap: Bootstrap(resamples: 200), seed: 1
        ).quality
    }

    @Test func everyShapeIsAChoiceBetweenTwo() throws {
        let rated = { (mark: Double, score: Double) in
            Judged(
                row: .rating(
                    RatedRow(prompt: .plain("p"), response: .plain("r"), rating: mark, scale: 1...5)),
                scores: [[score]])
        }
        let thumb = { (isGood: Bool, score: Double) in
            Judged(
                row: .thumb(UnpairedRow(prompt: .plain("t"), completion: .plain("c"), label: isGood)),
                scores: [[score]])
        }
        let ranking = RankedRow(
            prompt: .plain("q"), responses: ["a", "b", "c"].map { .plain($0) }, ranking: [1, 2, 2])
        let quality = try #require(
            try summary([
                comparison("a", [[2, 1]]), Judged(row: .ranking(ranking), scores: [[1, 0, 3]]),
                rated(5, 2), rated(1, 0), rated(1, 9), thumb(true, 1), thumb(false, 1), thumb(true, 2),
            ]) {
                $0.likelihood.thumbOffsets = [1.5]
            })
        // One comparison, two of the ranking whose tie says nothing, one of two different marks, three thumbs.
        #expect(quality.comparisons == 7)
        expectClose(
            quality.margins.sorted(), [1, 1, -2, 2, -0.5, 0.5, 0.5].sorted(), relative: 1e-12)
        expectClose(quality.accuracy.mean, 5.0 / 7, relative: 1e-12)
        let losses = quality.margins.map { log(1 + exp(-$0)) }
        expectClose(quality.logLoss, losses.reduce(0, +) / 7, relative: 1e-12)
        #expect(quality.slices.filter { $0.kind == "shape" }.isEmpty, "slices of fewer than five choices")
    }

    @Test func aGroupIsMeasuredByItsOwnHead() throws {
        // North is foretold by its head always, south by its own never; the shared model would get both right.
        let rows = (0..<12).map { index in
            comparison("\(index)", [[1, 0], [1, 0], [0, 1]], group: index % 2 == 0 ? "north" : "south")
        }
        let quality = try #require(
            try summary(rows) { $0.groups = .init(column: .group, names: ["north", "south"]) })
        let slices = quality.slices.filter { $0.kind == "group" }
        #expect(slices.map(\.name) == ["north", "south"])
        #expect(slices.map(\.accuracy.mean) == [1, 0])
        let disagreement = try #require(quality.disagreement)
        #expect(disagreement.pairs.map(\.share.mean) == [1])
        #expect(disagreement.examples.count == 5)
        let example = try #require(disagreement.examples.first)
        #expect(example.prompt == "0" && example.answers == ["chosen", "rejected"])
        expectClose(try #require(example.probabilities["north"]), 1 / (1 + exp(-1)), relative: 1e-12)
        expectClose(try #require(example.probabilities["south"]), 1 / (1 + exp(1)), relative: 1e-12)
    }

    @Test func lengthAloneStandsBesideTheModel() throws {
        let rows = (0..<10).map { comparison("\($0)", [[$0 < 6 ? 1 : 0, 0.5]]) }
        // The longer answer was chosen in eight of ten.
        let lengths = (0..<10).map { $0 < 8 ? [9, 4] : [4, 9] }
        let plain = try #require(try summary(rows, lengths: lengths))
        expectClose(try #require(plain.lengthOnlyAccuracy).mean, 0.8, relative: 1e-12)
        #expect(plain.lengthOnlyLogLoss == nil, "nothing was fitted")
        expectClose(plain.accuracy.mean, 0.6, relative: 1e-12)
        #expect(plain.warning?.contains("no more often than length alone") == true)
        // Fitted to rows where the shorter one was preferred, it foretells the other way.
        let shorter = TokenizedJudgment(
            sequences: [[1], [1, 1, 1]], verdict: .preferred(margin: nil))
        let fitted = try #require(
            try summary(rows, lengths: lengths) { $0.lengthBaseline = LengthOnlyModel([shorter]) })
        expectClose(try #require(fitted.lengthOnlyAccuracy).mean, 0.2, relative: 1e-12)
        #expect(fitted.lengthOnlyLogLoss != nil)
        #expect(fitted.warning?.contains("is not shown to agree more often") == true, "of ten choices")
    }

    /// The difference is taken choice by choice: where both always agree it is 0 without doubt, however often they err.
    @Test func theDifferenceToLengthIsPaired() throws {
        let rows = (0..<40).map { comparison("\($0)", [[$0 % 2 == 0 ? 1 : 0, 0.5]]) }
        let lengths = (0..<40).map { $0 % 2 == 0 ? [9, 4] : [4, 9] }
        let same = try #require(try summary(rows, lengths: lengths))
        #expect(same.accuracy.low != same.accuracy.high)
        #expect(same.accuracyOverLength == Estimate(mean: 0, low: 0, high: 0))
        #expect(same.overLength?.contains("0 points (0 to 0), which includes 0") == true)
        #expect(same.warning?.contains("no more often than length alone (50 % against 50 %)") == true)

        // Right in 38 of 40, where the longer answer was chosen in 20.
        let able = (0..<40).map { comparison("\($0)", [[$0 < 38 ? 1 : 0, 0.5]]) }
        let better = try #require(try summary(able, lengths: lengths))
        let difference = try #require(better.accuracyOverLength)
        expectClose(difference.mean, 0.95 - 0.5, relative: 1e-12)
        #expect(difference.side(of: 0) == .above && better.warning == nil)
        #expect(better.summary.contains { $0.contains("the whole interval is above 0") })
        #expect(better.summary.contains { $0.hasPrefix("The difference to length alone is 45 points (") })

        // 21 of 40: more, but not more than chance makes.
        let hardly = (0..<40).map { comparison("\($0)", [[$0 < 21 ? 1 : 0, 0.5]]) }
        let open = try #require(try summary(hardly, lengths: lengths))
        #expect(open.overLength?.contains("which includes 0: these choices do not show") == true)
        #expect(open.warning?.contains("is not shown to agree more often than length alone") == true)
    }

    /// Choices about one prompt are one draw: forty of them say no more than one.
    @Test func theDifferenceIsDrawnByPrompts() throws {
        let rows = (0..<40).map { comparison($0 < 20 ? "a" : "b", [[$0 < 20 ? 1 : 0, 0.5]]) }
        let lengths = rows.map { _ in [4, 9] }
        let two = try #require(try summary(rows, lengths: lengths)?.accuracyOverLength)
        #expect(two == Estimate(mean: 0.5, low: 0, high: 1))
        let one = try #require(try summary(Array(rows.prefix(20)), lengths: Array(lengths.prefix(20))))
        #expect(one.accuracyOverLength == Estimate(mean: 1, low: nil, high: nil))
        #expect(one.overLength?.contains("too few prompts") == true)
    }

    /// Rows that length says nothing about leave nothing to compare.
    @Test func withoutLengthThereIsNoDifference() throws {
        let thumbs = [true, false].map {
            Judged(
                row: .thumb(UnpairedRow(prompt: .plain("t"), completion: .plain("c"), label: $0)),
                scores: [[1]])
        }
        let quality = try #require(try summary(thumbs) { $0.likelihood.thumbOffsets = [1.5] })
        #expect(quality.lengthOnlyAccuracy == nil && quality.accuracyOverLength == nil)
        #expect(quality.overLength == nil && quality.warning == nil)
    }
}

/// Reward models of groups and ensembles on tiny models, trained and reported on.
@Suite(.serialized) struct RewardModelReportTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func context(_ output: String) throws -> RunContext {
        var run = RunConfiguration()
        run.output = folder.item(output).path
        run.device = "cpu"
        run.precision = .float32
        return try RunContext(
            verb: "test", run: run, mode: .new, settings: .object([:]), progress: .init(style: .quiet))
    }

    /// The north likes "yes", the south "no"; each prompt is judged by both.
    private func rows(_ prompts: Range<Int>, to name: String) throws -> String {
        let lines = prompts.flatMap { index in
            [("north", "yes", "no"), ("south", "no", "yes")].map { group, chosen, rejected in
                "{\"prompt\": \"Question \(index)? \", \"chosen\": \"\(chosen)\", \"rejected\": \"\(rejected)\", "
                    + "\"group\": \"\(group)\", \"annotator\": \"\(group) \(index % 2)\"}\n"
            }
        }
        try folder.write(lines.joined(), to: name)
        return folder.item(name).path
    }

    private func report(_ change: (inout RewardModeling.Configuration) -> Void) throws -> Report {
        var training = TrainingConfiguration(learningRate: 3e-3)
        training.model = Fixtures.golden("tiny-llama").path
        training.train = [try rows(0..<16, to: "train.jsonl")]
        training.maximumSteps = 40
        training.batchSize = 16
        var method = RewardModeling.Configuration()
        change(&method)
        let model = try RewardModeling.run(
            training, adapters: AdapterTraining(), method: method, context: context("reward")
        ).model
        var configuration = EvaluateConfiguration()
        configuration.rewardModel = model
        configuration.comparisons = [try rows(20..<32, to: "held-out.jsonl")]
        return try EvaluateJob.run(
            configuration, origin: .init(command: "heed evaluate"), context: context("report"))
    }

    private func page() throws -> String {
        String(decoding: try Data(contentsOf: folder.item("report/report.html")), as: UTF8.self)
    }

    @Test func groupsAreShownWhereTheyPart() throws {
        let report = try report {
            $0.groups = .group
            $0.groupShrinkage = 0.05
        }
        let quality = try #require(report.rewardModel)
        #expect(quality.comparisons == 24)
        #expect(quality.accuracy.mean > 0.9, "\(quality.accuracy)")
        #expect(try #require(quality.disagreement?.pairs.first).share.mean > 0.9)
        let page = try page()
        for text in [
            "Where groups differ", "Agreement by group", "Margins", "Question 2", "24 choices are too few",
        ] {
            #expect(page.contains(text), "\(text)")
        }
        #expect(report.summary.contains { $0.contains("north and south differ most") })
        let json = try Data(contentsOf: folder.item("report/report.json"))
        #expect(try Report(json: json).rewardModel == quality)
    }

    @Test func anEnsembleShowsItsMembers() throws {
        let report = try report { $0.ensemble = 3 }
        #expect(report.rewardModel?.members.count == 3)
        #expect(try page().contains("Members of the ensemble on their own"))
    }
}
