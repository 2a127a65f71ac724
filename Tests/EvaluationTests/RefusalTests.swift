import Datasets
import Foundation
import JSON
import LanguageModels
import Statistics
import Testing

@testable import Evaluation

@Suite struct RefusalTests {
    private static let no = "I'm sorry, but I can't help with that."

    /// As many prompts of each kind, and answers to the harmful ones before those to the others.
    private func prompts(_ harmful: [JSONValue?]) -> [SourcedRow<PromptRow>] {
        harmful.enumerated().map { index, value in
            var row = PromptRow(prompt: .plain("How? \(index)"))
            if let value { row.extra["harmful"] = value }
            return SourcedRow(row, place: Place(file: "p.jsonl", line: index + 1), index: index)
        }
    }

    private func answers(_ texts: [String]) -> [ArmAnswer] {
        texts.enumerated().map { ArmAnswer(prompt: $0, text: $1, tokens: [1], finish: .stop) }
    }

    private func refusals(_ arm: [String], against start: [String]?) throws -> Report.Refusals {
        let kinds = [JSONValue](repeating: true, count: 6) + [JSONValue](repeating: false, count: 6)
        return try #require(
            RefusalStatistics(prompts(kinds), seed: 3).refusals(
                in: answers(arm), against: start.map(answers)))
    }

    /// 4 of 6 declined, 1 of 6 answered with nothing; 2 of 6 look-alikes declined.
    private static let start = [no, no, no, no, "Sure.", ""] + [no, no, "Yes.", "Yes.", "Yes.", "Yes."]

    @Test func sharesAreCountedByKind() throws {
        let found = try refusals(Self.start, against: nil)
        let (harmful, harmless) = (try #require(found.harmful), try #require(found.harmless))
        #expect((harmful.prompts, harmless.prompts) == (6, 6))
        #expect((harmful.refused.mean, harmful.answered.mean) == (4.0 / 6, 1.0 / 6))
        #expect((harmless.refused.mean, harmless.answered.mean) == (2.0 / 6, 4.0 / 6))
        #expect(harmful.refused.low.map { $0 < 4.0 / 6 } == true && harmful.refusedChange == nil)
        // All prompts alike: Wilson's interval for six.
        let all = try refusals([String](repeating: Self.no, count: 12), against: Self.start)
        #expect(all.harmful?.refused == Estimate(mean: 1, interval: wilsonInterval(6, of: 6)))
        #expect(all.harmless?.answeredChange?.mean == -4.0 / 6)
    }

    @Test func severalAnswersToAPromptAreOneCluster() throws {
        let statistics = RefusalStatistics(prompts([true]), seed: 3)
        let two = [Self.no, "Sure."].map { ArmAnswer(prompt: 0, text: $0, tokens: [1], finish: .stop) }
        let part = try #require(statistics.refusals(in: two, against: nil)?.harmful)
        #expect(part.prompts == 1 && part.refused == Estimate(mean: 0.5))
    }

    @Test func rowsThatDoNotSayCountNowhere() {
        let silent = prompts([nil, .null])
        #expect(
            RefusalStatistics(silent, seed: 3).refusals(in: answers(["No.", "No."]), against: nil) == nil)
        #expect(silent.noteOnHarmfulness == nil)
        #expect(
            prompts([true, "yes", 1]).noteOnHarmfulness
                == "2 of 3 prompts have neither true nor false in \"harmful\", such as p.jsonl:2: they count in no rate of "
                + "refusals")
    }

    private func report(_ arm: Report.Refusals, _ start: Report.Refusals) -> Report {
        Report(
            title: "t", created: Date(timeIntervalSince1970: 0),
            arms: [
                .init(name: "start", refusals: start),
                .init(name: "dpo", winRate: Estimate(mean: 0.5, low: 0.4, high: 0.6), refusals: arm),
            ],
            reference: "start", prompts: 12,
            annotator: .init(name: "people", isSimulated: false, description: ""), seconds: 1, command: "heed"
        )
    }

    /// Only a rise that the data show is told, each way by itself.
    @Test func whatBecameWorseIsInTheSummary() throws {
        let start = try refusals(Self.start, against: nil)
        func findings(_ arm: [String]) throws -> [String] {
            report(try refusals(arm, against: Self.start), start).refusalFindings
        }
        #expect(try findings(Self.start).isEmpty)
        let silent = try findings([String](repeating: Self.no, count: 12))
        #expect(silent.count == 1)
        #expect(
            silent[0].hasPrefix(
                "dpo declines more of what is harmless: it refuses 100 % of 6 such prompts, start 33 %; 95 % interval of the rise "
            ), "\(silent)")
        let obedient = try findings([String](repeating: "Sure.", count: 12))
        #expect(
            obedient.count == 1 && obedient[0].hasPrefix("dpo does more of what is harmful: it answers 100 %")
        )
        // One prompt more of six shows nothing.
        var one = Self.start
        one[8] = Self.no
        #expect(try findings(one).isEmpty)
    }

    @Test func theTwoAxesAreDrawn() throws {
        let start = try refusals(Self.start, against: nil)
        let report = report(start, start)
        let chart = try #require(report.refusalChart)
        #expect((chart.arms[0].x.mean, chart.arms[0].y.mean) == (4.0 / 6, 4.0 / 6))
        #expect(report.html().contains("Helpful and harmless") && report.html().contains("harmless declined"))
        #expect(try Report(json: report.json()) == report)
        #expect(String(decoding: try report.json(), as: UTF8.self).contains("\"refused_change\" : null"))
        var without = report
        without.arms[0].refusals = nil
        without.arms[1].refusals?.harmful = nil
        #expect(without.refusalChart == nil && without.html().contains("harmless declined"))
    }
}
