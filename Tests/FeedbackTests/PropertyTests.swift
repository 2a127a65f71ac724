import Foundation
import GRDB
import JSON
import RandomNumbers
import Testing

@testable import Feedback

/// Many people doing all that they can in random order; after every step the store keeps its promises.
@Suite struct PropertyTests {
    @Test(arguments: UInt64(0)..<12) func promisesAreKept(seed: UInt64) throws {
        var run = try RandomRun(seed: seed)
        for step in 0..<150 {
            try run.step()
            try run.check("seed \(seed), step \(step)")
        }
        try run.finish()
        try run.check("seed \(seed), end")
        try run.study.store.read { try $0.verifyAudit() }
    }
}

private struct RandomRun {
    let study: Study
    let project: Project.ID
    let overlap: Int
    var source: RandomSource
    var people: [Annotator.ID]
    /// What each assignment was told to have as its opinion, by revision: acknowledged, and so to be found.
    var acknowledged: [Assignment.ID: [Opinion]] = [:]
    var requests: [(Assignment, UUID, SubmissionResult, Opinion)] = []
    /// All that anybody ever held, current or not.
    var seen: [Assignment] = []
    var itemCount: Int
    var finished = false

    init(seed: UInt64) throws {
        var source = RandomSource(seed: seed)
        study = try Study(seed: seed)
        let overlap = 1 + source.integer(below: 3)
        itemCount = 6 + source.integer(below: 10)
        let isSelected = source.integer(below: 2) == 1
        project = try study.project(work: itemCount) {
            $0.overlap = overlap
            $0.goldShare = 0.2
            $0.repeatShare = 0.2
            $0.repeatDistance = 2
            $0.leaseSeconds = 100
            $0.selection = isSelected ? .information : .random
            $0.randomShare = isSelected ? 0.4 : 1
        }
        self.overlap = overlap
        let id = project
        try study.store.write(by: nil) {
            try $0.addItems((0..<4).map { .pair("gold \($0)", expected: .first) }, to: id, kind: .gold)
            try $0.addItems(
                (0..<2).map { .pair("training \($0)", expected: .first) }, to: id, kind: .training)
        }
        people = try study.people(5)
        self.source = source
    }

    mutating func step() throws {
        let person = people[source.integer(below: people.count)]
        switch source.integer(below: 20) {
        case 0..<8: try deal(person)
        case 8..<13: if let assignment = anything(of: person) { try answer(assignment) }
        case 13: try rethink(person)
        case 14: try retry()
        case 15: if let assignment = anything(of: person) { try skip(assignment) }
        case 16: if let assignment = anything(of: person) { try draft(assignment) }
        case 17: study.clock.advance(by: Double(source.integer(below: 80)))
        case 18: try addItem()
        default: try changePriorities()
        }
    }

    /// Everybody who is left works until there is nothing more to do.
    mutating func finish() throws {
        try study.store.write(by: nil) { [people] in
            try $0.exclude(people[0], reason: "")
            try $0.withdraw(people[1])
        }
        people.removeFirst(2)
        study.clock.advance(by: 1_000)
        var isWorking = true
        while isWorking {
            isWorking = false
            for person in people {
                guard let next = try study.next(person, project).first else { continue }
                seen.append(next)
                try answer(next)
                isWorking = true
            }
        }
        finished = true
    }

    private mutating func deal(_ person: Annotator.ID) throws {
        let count = 1 + source.integer(below: 3)
        let dealt = try study.next(person, project, count)
        #expect(dealt.count <= count && dealt.allSatisfy { $0.annotator == person && $0.state == .open })
        seen += dealt
    }

    private mutating func anything(of person: Annotator.ID) -> Assignment? {
        let own = seen.filter { $0.annotator == person }
        return own.isEmpty ? nil : own[source.integer(below: own.count)]
    }

    private mutating func answer(_ assignment: Assignment, replacing: Int = 0) throws {
        let opinion: Opinion = source.integer(below: 2) == 0 ? .first : .second
        let request = UUID()
        do {
            let result = try study.submit(assignment, opinion, request: request, replacing: replacing)
            acknowledged[assignment.id, default: []].append(opinion)
            #expect(result.revision == acknowledged[assignment.id]?.count)
            requests.append((assignment, request, result, opinion))
        } catch FeedbackError.alreadyJudged {
            #expect(acknowledged[assignment.id] != nil)
        } catch FeedbackError.notAnswerable(_, let state) {
            #expect(state == .skipped || state == .released)
            #expect(acknowledged[assignment.id] == nil)
        }
    }

    private mutating func rethink(_ person: Annotator.ID) throws {
        let id = project
        guard let last = try study.store.read({ try $0.lastJudged(by: person, in: id) }) else { return }
        #expect(last.opinion == acknowledged[last.id]?.last)
        try answer(last, replacing: last.revision)
    }

    private mutating func retry() throws {
        guard !requests.isEmpty else { return }
        let (assignment, request, result, opinion) = requests[source.integer(below: requests.count)]
        #expect(try study.submit(assignment, opinion, request: request) == result)
    }

    private func skip(_ assignment: Assignment) throws {
        do {
            try study.store.write(by: assignment.annotator) { try $0.skip(assignment.id) }
        } catch FeedbackError.notAnswerable(_, .judged) {
            #expect(acknowledged[assignment.id] != nil)
        }
    }

    private func draft(_ assignment: Assignment) throws {
        do {
            try study.store.write(by: assignment.annotator) { try $0.saveDraft("draft", of: assignment.id) }
        } catch FeedbackError.notAnswerable(_, .skipped) {}
    }

    private mutating func addItem() throws {
        let (id, number) = (project, itemCount)
        try study.store.write(by: nil) { try $0.addItems([.pair("work \(number)")], to: id) }
        itemCount += 1
    }

    private mutating func changePriorities() throws {
        let id = project
        let items = try study.store.read { try $0.items(in: id, kind: .work) }
        let item = items[source.integer(below: items.count)].id
        let priority = source.uniform()
        try study.store.write(by: nil) { try $0.setPriorities([item: priority]) }
    }
}

extension RandomRun {
    func check(_ place: Comment) throws {
        try study.store.read { reader in
            func count(_ sql: String) throws -> Int { try Int.fetchOne(reader.database, sql: sql) ?? -1 }
            // Nobody's judgment is lost or doubled, and each is what was acknowledged.
            let judgments = try reader.judgments(in: project, .everything)
            let stored = Dictionary(grouping: judgments, by: \.assignment).mapValues { $0.map(\.opinion) }
            #expect(stored == acknowledged, place)
            // At most so many people hold or have judged an item.
            #expect(
                try count(
                    """
                    SELECT ifnull(max(people), 0) FROM (SELECT count(*) AS people
                        FROM assignments a JOIN annotators p ON p.id = a.annotator JOIN items i ON i.id = a.item
                        WHERE kind = 'work' AND showing = 0 AND state IN ('open', 'judged') AND status = 'active'
                        GROUP BY item)
                    """) <= overlap, place)
            // A second showing follows a judged first one.
            #expect(
                try count(
                    """
                    SELECT count(*) FROM assignments a JOIN items i ON i.id = a.item WHERE showing = 1 AND (
                        kind <> 'work' OR NOT EXISTS (SELECT 1 FROM assignments b WHERE b.item = a.item
                            AND b.annotator = a.annotator AND b.showing = 0 AND b.state = 'judged'))
                    """) == 0, place)
            // The counters are what is counted.
            #expect(
                try count(
                    """
                    SELECT count(*) FROM items i WHERE kind = 'work' AND (
                        places <> \(overlap) - (SELECT count(*) FROM assignments a
                            JOIN annotators p ON p.id = a.annotator
                            WHERE item = i.id AND showing = 0 AND state IN ('open', 'judged') AND status = 'active')
                        OR judgments <> (SELECT count(*) FROM assignments a JOIN annotators p ON p.id = a.annotator
                            WHERE item = i.id AND showing = 0 AND state = 'judged' AND status = 'active'))
                    """) == 0, place)
            // Nothing that a person could get lies before their frontier.
            #expect(
                try count(
                    """
                    SELECT count(*) FROM streams s JOIN items i ON i.project = s.project AND i.lot < s.frontier
                    WHERE kind = 'work' AND places > 0 AND NOT EXISTS (
                        SELECT 1 FROM assignments a WHERE a.item = i.id AND a.annotator = s.annotator)
                    """) == 0, place)
            guard finished else { return }
            // An item that is not complete was dealt to everybody who is left.
            #expect(
                try count(
                    """
                    SELECT count(*) FROM items i, annotators p
                    WHERE kind = 'work' AND judgments < \(overlap) AND status = 'active' AND NOT EXISTS (
                        SELECT 1 FROM assignments a WHERE a.item = i.id AND a.annotator = p.id)
                    """) == 0, place)
        }
    }
}
