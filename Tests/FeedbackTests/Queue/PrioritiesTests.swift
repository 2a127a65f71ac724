import Datasets
import Foundation
import JSON
import Statistics
import Testing

@testable import Feedback

@Suite struct PrioritiesTests {
    let study: Study

    init() throws { study = try Study() }

    private func add(_ items: [NewItem], to project: Project.ID) throws {
        try study.store.write(by: nil) { _ = try $0.addItems(items, to: project) }
    }

    private func prioritize(_ project: Project.ID) throws -> Int {
        let priorities = try study.store.read { try $0.priorities(in: project) }
        try study.store.write(by: nil) { try $0.setPriorities(priorities) }
        return priorities.count
    }

    private func item(_ prompt: String, _ models: [String], extra: JSONObject = [:], std: [Double] = [])
        -> NewItem
    {
        NewItem(
            prompt: .plain(prompt),
            responses: models.enumerated().map { place, model in
                ItemResponse(
                    text: "\(prompt) \(place)", policy: Policy(name: model),
                    extra: place < std.count ? ["std": .number(std[place])] : [:])
            }, extra: extra)
    }

    @Test func disagreementComesFromWhatItemsCarry() throws {
        let project = try study.project {
            $0.selection = .disagreement
            $0.randomShare = 1e-9
        }
        try add(
            [
                item("sure", ["a", "b"], std: [0.1, 0.1]), item("unsure", ["a", "b"], std: [2, 1]),
                item("pushed", ["a", "b"], extra: ["priority": 9], std: [0, 0]), item("unknown", ["a", "b"]),
            ], to: project)
        #expect(try prioritize(project) == 3)
        #expect(try prioritize(project) == 0)
        let ada = try study.person("Ada")
        let shown = try study.work(ada, project)
        #expect(shown.map(\.prompt) == ["pushed", "unsure", "sure", "unknown"])
        #expect(shown.allSatisfy { $0.drawn == .selected })
    }

    @Test func informationAsksAboutModelsThatNobodyKnows() throws {
        let project = try study.project {
            $0.selection = .information
            $0.randomShare = 1e-9
        }
        try add((0..<12).map { item("known \($0)", ["a", "b"]) }, to: project)
        let ada = try study.person("Ada")
        try study.work(ada, project, 6)
        try add((0..<3).map { item("new \($0)", ["b", "c"]) }, to: project)
        #expect(try prioritize(project) == 9)
        #expect(try study.work(ada, project, 2).allSatisfy { $0.prompt.hasPrefix("new") })
    }

    @Test func projectsThatDrawAtRandomHaveNone() throws {
        let project = try study.project(work: 5)
        #expect(try prioritize(project) == 0)
    }

    /// One model wins on three items of four. The ensemble doubts the others, so these are selected first: their votes
    /// alone would say that it loses. The items that are set apart for random draws tell the truth.
    @Test func whatIsSelectedIsBiasedAndTheRandomShareIsNot() throws {
        let project = try study.project {
            $0.selection = .disagreement
            $0.randomShare = 0.4
        }
        try add(
            (0..<400).map { index in
                let std = index % 4 == 0 ? 2.0 : 0.5
                return item(
                    index % 4 == 0 ? "loses \(index)" : "wins \(index)", ["a", "b"], std: [std, std])
            }, to: project)
        #expect(try prioritize(project) > 200)
        let ada = try study.person("Ada")
        for _ in 0..<90 {
            let next = try #require(try study.next(ada, project).first)
            try study.submit(next, next.prompt.hasPrefix("wins") ? .first : .second)
        }
        let data = try study.store.read { try $0.studyData(of: project) }
        let share = { (judgments: [Judgment]) in
            Double(judgments.count { $0.opinion == .first }) / Double(max(judgments.count, 1))
        }
        let selected = share(data.judgments.filter { $0.drawn == .selected })
        let random = share(data.judgments.filter { $0.drawn == .random })
        print("win rate 0.75: selected items say \(selected), random ones \(random)")
        #expect(selected < 0.2)
        let report = try study.store.read { try $0.studyReport(of: project) }
        let rate = try #require(report.winRates.first?.pairs.first)
        #expect(rate.rate.rate.mean == random)
        #expect(rate.rate.rate.side(of: 0.75) == nil)
        #expect(try #require(rate.alwaysValid).side(of: 0.75) == nil)
    }
}

@Suite struct StoredStudyTests {
    @Test func reportsCountThoseWhoTakePart() throws {
        let study = try Study()
        let project = try study.project(work: 6) { $0.overlap = 3 }
        let people = try study.people(3)
        for person in people { try study.work(person, project) }
        let report = try study.store.read { try $0.studyReport(of: project) }
        #expect(report.progress.items == 6 && report.progress.complete == 6)
        #expect(report.people.map(\.judgments) == [6, 6, 6])
        #expect(report.agreement.first?.items == 6)
        #expect(report.winRates.first?.models == ["A", "B"])
        #expect(report.winRates.first?.pairs.first?.rate.wins == 18)
        // The longer answers are those of the first model's rival: "one" and "two" are as long.
        #expect(report.length == nil)
        try study.store.write(by: nil) { try $0.exclude(people[0], reason: "a robot") }
        try study.store.write(by: people[1]) { try $0.withdraw(people[1]) }
        let rest = try study.store.read { try $0.studyReport(of: project) }
        #expect(rest.people.map(\.name) == ["person 2"])
        #expect(rest.progress.judgments == 6)
        #expect(rest.winRates.first?.pairs.first?.rate.wins == 6)
        #expect(rest.agreement.first?.items == 0)
    }
}
