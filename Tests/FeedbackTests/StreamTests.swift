import Foundation
import GRDB
import Testing

@testable import Feedback

/// What hides in a person's stream, and in which share.
@Suite struct StreamTests {
    let study: Study

    init() throws { study = try Study(seed: 3) }

    /// Whether a binomial count lies within four standard deviations; the seed makes it one fixed draw.
    private func isLikely(_ count: Int, of total: Int, at share: Double) -> Bool {
        let (count, total) = (Double(count), Double(total))
        return abs(count - total * share) < 4 * (total * share * (1 - share)).squareRoot()
    }

    private func addGold(_ count: Int, to project: Project.ID) throws {
        try study.store.write(by: nil) {
            try $0.addItems(
                (0..<count).map { .pair("gold \($0)", expected: .first) }, to: project, kind: .gold)
        }
    }

    @Test func goldAndRepeatsComeInTheirShares() throws {
        let project = try study.project(work: 400) {
            $0.goldShare = 0.15
            $0.repeatShare = 0.1
            $0.repeatDistance = 10
        }
        try addGold(200, to: project)
        let shown = try study.work(study.person("Ada"), project, 400)
        #expect(isLikely(shown.count { $0.item.kind == .gold }, of: 400, at: 0.15))
        #expect(isLikely(shown.count { $0.showing == 1 }, of: 400, at: 0.1))
        // Nothing is shown twice but repeats, and those once.
        #expect(Set(shown.map { "\($0.item.id) \($0.showing)" }).count == 400)
    }

    @Test func aRepeatIsWorkAnsweredLongAgo() throws {
        let project = try study.project(work: 60) {
            $0.repeatShare = 0.5
            $0.repeatDistance = 8
        }
        let shown = try study.work(study.person("Ada"), project)
        let repeats = shown.enumerated().filter { $0.element.showing == 1 }
        #expect(repeats.count > 10)
        for (index, again) in repeats {
            let first = try #require(shown.firstIndex { $0.item.id == again.item.id })
            #expect(shown[first].showing == 0 && shown[first].item.kind == .work)
            #expect(index - first > 8)
        }
        #expect(shown.count { $0.showing == 0 } == 60)
    }

    @Test func withoutSharesThereIsNeither() throws {
        let project = try study.project(work: 40)
        try addGold(20, to: project)
        let shown = try study.work(study.person("Ada"), project)
        #expect(shown.count == 40 && shown.allSatisfy { $0.item.kind == .work && $0.showing == 0 })
    }

    @Test func goldIsForEverybodyAndTakesNoPlaces() throws {
        let project = try study.project(work: 60) { $0.goldShare = 0.5 }
        try addGold(8, to: project)
        let streams = try study.people(2).map { try study.work($0, project, 30) }
        for stream in streams { #expect(stream.count { $0.item.kind == .gold } == 8) }
        // People do not meet it in the same order.
        let orders = streams.map { $0.filter { $0.item.kind == .gold }.map(\.item.id) }
        #expect(orders[0] != orders[1])
    }

    @Test func withoutWorkThereIsNoGold() throws {
        let project = try study.project(work: 1) { $0.goldShare = 0.5 }
        try addGold(50, to: project)
        let shown = try study.work(study.person("Ada"), project)
        #expect(shown.last?.item.kind == .work)
    }

    @Test func eachAnswerIsOnEachSideEquallyOften() throws {
        let project = try study.project(work: 400)
        let shown = try study.work(study.person("Ada"), project)
        let straight = shown.count { $0.arrangement == [0, 1] }
        #expect(shown.allSatisfy { $0.arrangement.sorted() == [0, 1] })
        #expect(isLikely(straight, of: 400, at: 0.5))
        // Which side says nothing about which item: neighbours in the stream agree half of the time.
        let same = zip(shown, shown.dropFirst()).count { $0.arrangement == $1.arrangement }
        #expect(isLikely(same, of: 399, at: 0.5))
    }

    @Test func severalAnswersAreInEveryOrder() throws {
        let project = try study.project(.rank)
        try study.store.write(by: nil) {
            try $0.addItems(
                (0..<120).map { number in
                    NewItem(
                        prompt: .plain("\(number)"),
                        responses: ["a", "b", "c"].map { ItemResponse(text: $0) })
                }, to: project)
        }
        let ada = try study.person("Ada")
        let orders = try study.next(ada, project, 120).map(\.arrangement)
        let counts = Dictionary(orders.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(counts.count == 6)
        // 20 of each are expected, with a standard deviation of about 4.
        #expect(counts.values.allSatisfy { (4...36).contains($0) })
    }

    @Test func aStatedShareIsDrawnAtRandomFromItemsSetApart() throws {
        let project = try study.project(work: 200) {
            $0.selection = .information
            $0.randomShare = 0.3
        }
        let items = try study.store.read { try $0.items(in: project) }
        try study.store.write(by: nil) {
            try $0.setPriorities(
                Dictionary(uniqueKeysWithValues: items.dropLast(20).map { ($0.id, Double($0.id)) }))
        }
        let lots = try study.store.read { reader in
            Dictionary(
                uniqueKeysWithValues: try Row.fetchAll(reader.database, sql: "SELECT id, lot FROM items").map
                {
                    ($0["id"] as Int64, $0["lot"] as Double)
                })
        }
        let shown = try study.work(study.person("Ada"), project, 100)
        let random = shown.filter { $0.drawn == .random }
        let selected = shown.filter { $0.drawn == .selected }
        #expect(isLikely(random.count, of: 100, at: 0.3))
        let randomLots = random.compactMap { lots[$0.item.id] }
        let selectedLots = selected.compactMap { lots[$0.item.id] }
        #expect(randomLots.filter { $0 >= 0.3 }.isEmpty && selectedLots.filter { $0 < 0.3 }.isEmpty)
        // In the order of their lots, and of their priorities.
        #expect(randomLots == randomLots.sorted())
        #expect(selected.map(\.item.id) == selected.map(\.item.id).sorted(by: >))
        // When one side is empty the other goes on, and items without a priority come last.
        let rest = try study.work(study.person("Bob"), project)
        #expect(rest.count == 100)
        let withoutPriority = Set(items.suffix(20).map(\.id))
        let selectedRest = rest.filter { $0.drawn == .selected }.map { withoutPriority.contains($0.item.id) }
        #expect(selectedRest == selectedRest.sorted { !$0 && $1 })
    }

    @Test func theRandomShareOnlyShrinksOnceItemsWereSelected() throws {
        let project = try study.project(work: 20)
        let ada = try study.person("Ada")
        func change(_ selection: Selection, _ share: Double) throws {
            try study.store.write(by: nil) {
                var definition = try $0.reader.project(project).definition
                definition.selection = selection
                definition.randomShare = share
                try $0.updateProject(project, definition)
            }
        }
        try study.work(ada, project, 2)
        try change(.disagreement, 0.2)
        try change(.disagreement, 0.4)
        try study.work(ada, project, 8)
        try change(.information, 0.1)
        #expect(throws: FeedbackError.self) { try change(.information, 0.2) }
        #expect(throws: FeedbackError.self) { try change(.random, 1) }
    }
}
