import Foundation
import RandomNumbers
import Statistics
import Testing

@testable import Feedback

@Suite struct StudyReportTests {
    private let first = ItemVerdict.better(0, strength: 2)
    private let second = ItemVerdict.better(1, strength: 1)

    @Test func agreementOfTwoPeople() throws {
        // 20 items, on 12 of which both say the same.
        var study = StudyBuilder(.compare)
        let said: [(ItemVerdict, ItemVerdict, Int)] = [
            (first, first, 7), (second, second, 4), (.tie, .tie, 1), (first, second, 4), (second, first, 2),
            (.tie, first, 1), (.bothBad, second, 1),
        ]
        for (one, other, count) in said {
            for _ in 0..<count {
                let item = study.item()
                study.judge(item, by: 1, one)
                study.judge(item, by: 2, other)
            }
        }
        let report = study.report
        let choice = try #require(report.agreement.first)
        #expect(choice.measure == .choice && choice.scale == .nominal)
        #expect(choice.items == 20)
        #expect(choice.agreement?.mean == 0.6)
        // Marginals 11, 6, 2, 1 and 10, 9, 1, 0 of 20: chance gives (110 + 54 + 2) / 400 = 0.415.
        let pair = try #require(report.pairs.first)
        #expect(pair.first == "person 1" && pair.second == "person 2")
        #expect(try abs(#require(pair.kappa).mean - (0.6 - 0.415) / 0.585) < 1e-12)
        // Both together 21, 15, 3, 1 of 40: Fleiss' chance is 676 / 1600, α's (420 + 210 + 6) / 1560.
        #expect(choice.fleissRaters == 2 && choice.fleissItems == 20)
        #expect(try abs(#require(choice.fleiss).mean - (0.6 - 0.4225) / 0.5775) < 1e-12)
        #expect(try abs(#require(choice.alpha).mean - (1 - 0.4 / (1 - 636.0 / 1560))) < 1e-12)
        // By strength, 1 out of 20 items has only one value: both bad is no strength.
        #expect(report.agreement[1].measure == .strength && report.agreement[1].scale == .ordinal)
        #expect(report.agreement[1].items == 19)
        #expect(report.people.map(\.agreement) == [0.6, 0.6])
        #expect(report.people.map(\.comparisons) == [20, 20])
    }

    @Test func fleissKappaIsOfItemsWithTheCommonNumberOfJudges() throws {
        var study = StudyBuilder(.thumbs, overlap: 3)
        for (verdicts, count) in [
            ([true, true, false], 4), ([false, false, false], 3), ([true, false], 2),
        ] {
            for _ in 0..<count {
                let item = study.item([("a", 1)])
                for (person, verdict) in verdicts.enumerated() {
                    study.judge(item, by: Int64(person), .thumbs([verdict]))
                }
            }
        }
        let thumb = try #require(study.report.agreement.first)
        #expect(thumb.items == 9 && thumb.fleissItems == 7 && thumb.fleissRaters == 3)
        // P̄ = (4/3 + 3) / 7; 8 of 21 thumbs are up.
        let expected = (64.0 + 169) / 441
        #expect(
            try abs(#require(thumb.fleiss).mean - (13.0 / 21 - expected) / (1 - expected)) < 1e-12)
    }

    @Test func onlyRandomDrawsTellAboutItemsAndModels() throws {
        var study = StudyBuilder(.compare)
        for index in 0..<12 {
            let item = study.item()
            let drawn: Drawn = index < 6 ? .random : .selected
            study.judge(item, by: 1, index < 6 ? first : second, drawn: drawn)
            study.judge(item, by: 2, index < 6 && index > 0 ? first : second, drawn: drawn)
        }
        let report = study.report
        #expect(report.agreement[0].items == 6)
        #expect(try abs(#require(report.agreement[0].agreement).mean - 5.0 / 6) < 1e-12)
        let rates = try #require(report.winRates.first)
        #expect(rates.models == ["a", "b"])
        #expect(rates.preferences == 12)
        #expect(rates.pairs[0].rate.wins == 11 && rates.pairs[0].rate.losses == 1)
        #expect(rates.pairs[0].finishedItems == 6)
        #expect(rates.pairs[0].alwaysValid?.mean == 11.0 / 12)
        #expect(report.length?.preferences == 12)
        // People are compared on everything.
        #expect(report.pairs[0].items == 12)
        #expect(report.progress.items == 12 && report.progress.complete == 12)
    }

    @Test func repeatsAndGold() throws {
        var study = StudyBuilder(.compare)
        let gold = study.item(kind: .gold, expected: Opinion(verdicts: ["": .better(1, strength: 4)]))
        study.judge(gold, by: 1, second)
        study.judge(gold, by: 2, .tie)
        for index in 0..<4 {
            let item = study.item()
            study.judge(item, by: 1, first)
            study.judge(item, by: 1, index == 0 ? second : .better(0, strength: 1), showing: 1)
        }
        let report = study.report
        #expect(report.gold?.count == 1 && report.gold?.of == 2)
        let again = try #require(report.selfConsistency.first)
        #expect(again.items == 4 && again.agreement?.mean == 0.75)
        let person = try #require(report.people.first)
        #expect(person.name == "person 1" && person.judgments == 9)
        #expect(person.consistency?.count == 3 && person.consistency?.of == 4)
        #expect(person.gold?.count == 1 && person.gold?.of == 1)
        // A repeat is no second opinion: nothing was judged by two people but gold, which is no work.
        #expect(report.agreement[0].items == 0)
        #expect(report.agreement[0].alpha == nil)
        #expect(report.progress.items == 4 && report.progress.begun == 4 && report.progress.complete == 0)
    }

    @Test func sidesAndLengths() throws {
        var study = StudyBuilder(.compare, overlap: 1)
        for index in 0..<20 {
            let item = study.item([("a", 100), ("b", index < 10 ? 120 : 400)])
            let arrangement = index % 2 == 0 ? [0, 1] : [1, 0]
            // Always what is shown first, but for two.
            let position = index < 18 ? arrangement[0] : arrangement[1]
            study.judge(item, by: 1, .better(position, strength: 1), arrangement: arrangement)
        }
        let tie = study.item()
        study.judge(tie, by: 1, .tie)
        let report = study.report
        let position = try #require(report.position)
        #expect(position.firstShown.count == 18 && position.firstShown.of == 20)
        // 2 · (1 + 20 + 190) / 2²⁰.
        #expect(abs(position.probability - 422 / 1_048_576) < 1e-9)
        let length = try #require(report.length)
        #expect(length.preferences == 20)
        #expect(length.longer.mean == 0.5)
        #expect(length.steps.map(\.fromRatio) == [1.1, 3])
        #expect(length.steps.map(\.preferences) == [10, 10])
    }

    @Test func timesAreCappedWhereSomebodyWasAway() throws {
        var study = StudyBuilder(.thumbs, overlap: 1)
        for seconds in [10.0, 20, 30, 40, 5_000] {
            let item = study.item([("a", 3)])
            study.judge(item, by: 1, .thumbs([true]), seconds: seconds)
        }
        let time = try #require(study.report.time)
        #expect([time.lowerQuartile, time.median, time.upperQuartile] == [20, 30, 40])
        #expect(time.idle == 1)
        #expect(time.perHour == 18_000.0 / 700)
    }

    /// Imported rows may not say how long a judgment took.
    @Test func unknownTimesAreNoTimes() throws {
        var study = StudyBuilder(.thumbs, overlap: 1)
        for seconds in [0, 0, 12.0] {
            study.judge(study.item([("a", 3)]), by: 1, .thumbs([true]), seconds: seconds)
        }
        #expect(study.report.time?.median == 12 && study.report.people.first?.seconds == 12)
        var imported = StudyBuilder(.thumbs, overlap: 1)
        imported.judge(imported.item([("a", 3)]), by: 1, .thumbs([true]), seconds: 0)
        #expect(imported.report.time == nil && imported.report.people.first?.seconds == nil)
    }

    @Test func rankingsAgreeByThePairsThatTheyOrder() throws {
        var study = StudyBuilder(.rank)
        for _ in 0..<6 {
            let item = study.item([("a", 5), ("b", 5), ("c", 5)])
            study.judge(item, by: 1, .ranking([1, 2, 3]))
            study.judge(item, by: 2, .ranking([1, 3, 2]))
        }
        let report = study.report
        let order = try #require(report.agreement.first)
        #expect(order.measure == .order && order.items == 6)
        #expect(try abs(#require(order.agreement).mean - 2.0 / 3) < 1e-12)
        let rates = try #require(report.winRates.first)
        #expect(rates.pairs.map { [$0.rate.wins, $0.rate.losses] } == [[12, 0], [12, 0], [6, 6]])
        let strengths = try #require(rates.strengths)
        #expect(strengths[0].mean > 1 && abs(strengths[1].mean - strengths[2].mean) < 1e-9)
    }

    @Test func groupsAgreeWithinAndNotBetween() throws {
        var study = StudyBuilder(.compare, overlap: 4)
        study.definition.groups = [GroupAttribute("language", values: ["de", "fr"])]
        study.groups = [
            1: ["language": "de"], 2: ["language": "de"], 3: ["language": "fr"], 4: ["language": "fr"],
            5: [:],
        ]
        for index in 0..<8 {
            let item = study.item()
            let german = index % 2 == 0 ? first : second
            for person in 1...5 {
                study.judge(item, by: Int64(person), person < 3 ? german : index % 4 < 2 ? first : second)
            }
        }
        let groups = study.report.groups
        #expect(groups.map { "\($0.first)-\($0.second)" } == ["de-de", "de-fr", "fr-fr"])
        #expect(groups.map { $0.agreement?.mean } == [1, 0.5, 1])
        #expect(groups.map { $0.kappa?.mean } == [1, 0, 1])
        #expect(groups.allSatisfy { $0.items == 8 })
    }

    @Test func adviceComesFromTheIntervalThatMayBeLookedAt() throws {
        var study = StudyBuilder(.compare, overlap: 1)
        for _ in 0..<4 { study.judge(study.item(), by: 1, second) }
        #expect(study.report.winRates.first?.pairs.first?.advice == .goOn)
        for _ in 0..<40 { study.judge(study.item(), by: 1, second) }
        let decided = try #require(study.report.winRates.first)
        #expect(decided.pairs[0].advice == .decided && decided.isDone)
        var even = StudyBuilder(.compare, overlap: 1)
        even.definition.stoppingWidth = 0.4
        for index in 0..<200 { even.judge(even.item(), by: 1, index % 2 == 0 ? first : second) }
        #expect(even.report.winRates.first?.pairs.first?.advice == .precise)
    }

    @Test func unfinishedItemsWait() throws {
        var study = StudyBuilder(.compare, overlap: 3)
        for _ in 0..<5 { study.judge(study.item(), by: 1, first) }
        let pair = try #require(study.report.winRates.first?.pairs.first)
        #expect(pair.finishedItems == 0 && pair.alwaysValid == nil && pair.advice == .goOn)
        #expect(pair.rate.wins == 5)
    }

    @Test func anEmptyStudyHasAReport() throws {
        for task in LabellingTask.allCases {
            let report = StudyBuilder(task).report
            #expect(report.progress.judgments == 0)
            #expect(report.winRates.isEmpty && report.people.isEmpty && report.time == nil)
            #expect(report.tables.map(\.name) == ["progress"])
            _ = try report.json()
        }
    }

    @Test func modelsOfOneNameAreToldApart() {
        var list = PolicyList()
        for policy in [
            Policy(name: "a"), Policy(name: "b", hash: "0123456789"), Policy(name: "b", hash: "abcdefghij"),
            Policy(name: "a"), Policy(name: "c", sampler: ["temperature": 0.5]), Policy(name: "c"),
        ] { _ = list.place(of: policy) }
        #expect(list.names == ["a", "b (01234567)", "b (abcdefgh)", "c (temperature 0.5)", "c"])
    }

    @Test func reportsAreReproducibleAndReadable() throws {
        var study = StudyBuilder(.compare)
        var generator = SplitMix64(seed: 3)
        for _ in 0..<30 {
            let item = study.item()
            for person in 1...3 {
                study.judge(item, by: Int64(person), Bool.random(using: &generator) ? first : second)
            }
        }
        let report = study.report
        #expect(try study.report.json() == report.json())
        let json = try #require(JSONSerialization.jsonObject(with: report.json()) as? [String: Any])
        #expect(
            json.keys.sorted() == [
                "agreement", "groups", "items", "length", "made_at", "pairs", "people", "position",
                "progress",
                "project",
                "self_consistency", "task", "time", "version", "win_rates",
            ])
        let lines = report.lines(width: 80)
        #expect(lines.contains("Agreement"))
        #expect(lines.contains { $0.contains("which is better") && $0.contains("nominal") })
        #expect(lines.contains { $0.contains("person 3") })
        let words = lines.filter { $0.hasPrefix("  ") && !$0.contains("   ") }
        #expect(words.allSatisfy { $0.count <= 80 })
    }
}
