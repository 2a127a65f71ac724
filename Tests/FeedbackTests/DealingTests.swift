import Foundation
import GRDB
import Testing

@testable import Feedback

@Suite struct DealingTests {
    let study: Study

    init() throws { study = try Study(seed: 7) }

    @Test(arguments: 1...3) func everyItemIsSeenByAsManyPeopleAsAskedAndOnceByEach(overlap: Int) throws {
        let project = try study.project(work: 12) { $0.overlap = overlap }
        let people = try study.people(4)
        var seen: [Item.ID: [Annotator.ID]] = [:]
        var isWorking = true
        while isWorking {
            isWorking = false
            for person in people {
                for assignment in try study.work(person, project, 1) {
                    seen[assignment.item.id, default: []].append(person)
                    isWorking = true
                }
            }
        }
        #expect(seen.count == 12)
        #expect(seen.values.allSatisfy { $0.count == overlap && Set($0).count == overlap })
    }

    @Test func trainingComesFirstInItsOrderAndHoldsUpEverythingElse() throws {
        let project = try study.project(work: 3)
        try study.store.write(by: nil) {
            try $0.addItems(
                ["one", "two"].map { .pair($0, expected: .second, explanation: "see") }, to: project,
                kind: .training)
        }
        let ada = try study.person("Ada")
        let first = try study.next(ada, project, 4)
        #expect(first.map(\.prompt) == ["one"])
        #expect(first.map(\.isFeedbackGiven) == [true])
        try study.submit(first[0])
        #expect(try study.work(ada, project).map(\.prompt).prefix(1) == ["two"])
        // Everybody is trained, whatever the overlap.
        #expect(try study.work(study.person("Bob"), project, 2).map(\.prompt) == ["one", "two"])
    }

    @Test func skippedTrainingIsOver() throws {
        let project = try study.project(work: 1)
        try study.store.write(by: nil) {
            try $0.addItems([.pair("one", expected: .first)], to: project, kind: .training)
        }
        let ada = try study.person("Ada")
        let training = try #require(try study.next(ada, project).first)
        try study.store.write(by: ada) { try $0.skip(training.id) }
        #expect(try study.next(ada, project).map(\.prompt) == ["work 0"])
    }

    @Test func whatIsHeldComesBackFirst() throws {
        let project = try study.project(work: 5)
        let ada = try study.person("Ada")
        let held = try study.next(ada, project, 2)
        #expect(held.count == 2)
        #expect(try study.next(ada, project, 1) == [held[0]])
        let three = try study.next(ada, project, 3)
        #expect(three.prefix(2) == held[...])
        #expect(three.count == 3)
    }

    @Test func twoPeopleNeverHoldMoreThanTheOverlap() throws {
        let project = try study.project(work: 2)
        let people = try study.people(3)
        let held = try people.flatMap { try study.next($0, project) }
        #expect(Set(held.map(\.item.id)).count == 2)
        #expect(held.count == 2)
    }

    @Test func aSkippedItemGoesToOthersOnly() throws {
        let project = try study.project(work: 1)
        let (ada, bob) = (try study.person("Ada"), try study.person("Bob"))
        let assignment = try #require(try study.next(ada, project).first)
        #expect(try study.next(bob, project).isEmpty)
        try study.store.write(by: ada) {
            try $0.skip(assignment.id)
            try $0.skip(assignment.id)
        }
        #expect(try study.next(ada, project).isEmpty)
        #expect(try study.next(bob, project).map(\.item) == [assignment.item])
        #expect(throws: FeedbackError.notAnswerable(assignment.id, .skipped)) {
            try study.submit(assignment)
        }
    }

    @Test func anItemKeptTooLongGoesToWhoeverAsks() throws {
        let project = try study.project(work: 1) { $0.leaseSeconds = 60 }
        let (ada, bob) = (try study.person("Ada"), try study.person("Bob"))
        let old = try #require(try study.next(ada, project).first)
        study.clock.advance(by: 59)
        #expect(try study.next(bob, project).isEmpty)
        // Coming back begins the lease anew.
        #expect(try study.next(ada, project) == [old])
        study.clock.advance(by: 59)
        #expect(try study.next(bob, project).isEmpty)
        study.clock.advance(by: 1)
        let new = try #require(try study.next(bob, project).first)
        #expect(new.item == old.item)
        // It is somebody else's now.
        #expect(throws: FeedbackError.notAnswerable(old.id, .released)) { try study.submit(old) }
        #expect(try study.next(ada, project).isEmpty)
        // Unless that person leaves it.
        try study.store.write(by: bob) { try $0.skip(new.id) }
        #expect(try study.next(ada, project).map(\.id) == [old.id])
    }

    @Test func anAnswerAfterTheLeaseIsTakenWhileThereIsAPlace() throws {
        let project = try study.project(work: 2) { $0.leaseSeconds = 60 }
        let (ada, bob) = (try study.person("Ada"), try study.person("Bob"))
        let held = try study.next(ada, project, 2)
        study.clock.advance(by: 100)
        let taken = try #require(try study.next(bob, project).first)
        let free = try #require(held.first { $0.item.id != taken.item.id })
        try study.submit(free)
        #expect(throws: FeedbackError.self) { try study.submit(held.filter { $0.id != free.id }[0]) }
        try study.submit(taken)
        #expect(try study.store.read { try $0.progress(in: project).complete } == 2)
        #expect(try study.store.read { try $0.judgments(in: project) }.count == 2)
    }

    @Test func aNewItemIsFoundWhereverItsLotIs() throws {
        let project = try study.project(work: 5)
        let ada = try study.person("Ada")
        try study.work(ada, project)
        for number in 5..<25 {
            try study.store.write(by: nil) { try $0.addItems([.pair("work \(number)")], to: project) }
            #expect(try study.work(ada, project).map(\.prompt) == ["work \(number)"])
        }
    }

    @Test func moreOverlapOpensItemsAgain() throws {
        let project = try study.project(work: 3)
        let (ada, bob) = (try study.person("Ada"), try study.person("Bob"))
        #expect(try study.work(ada, project).count == 3)
        #expect(try study.work(bob, project).isEmpty)
        try study.store.write(by: nil) {
            var definition = try $0.reader.project(project).definition
            definition.overlap = 2
            try $0.updateProject(project, definition)
        }
        #expect(try study.work(ada, project).isEmpty)
        #expect(try study.work(bob, project).count == 3)
    }

    @Test func aClosedProjectDealsNothingAndTakesWhatIsHeld() throws {
        let project = try study.project(work: 2)
        let ada = try study.person("Ada")
        let held = try #require(try study.next(ada, project).first)
        try study.store.write(by: nil) { try $0.closeProject(project) }
        #expect(try study.next(ada, project, 2) == [held])
        try study.submit(held)
        #expect(try study.next(ada, project).isEmpty)
        try study.store.write(by: nil) { try $0.reopenProject(project) }
        #expect(try study.next(ada, project).count == 1)
    }

    @Test func theSameSeedDealsTheSame() throws {
        func stream(seed: UInt64) throws -> [String] {
            let study = try Study(seed: seed)
            let project = try study.project(work: 30) {
                $0.overlap = 2
                $0.goldShare = 0.2
                $0.repeatShare = 0.2
                $0.repeatDistance = 3
            }
            try study.store.write(by: nil) {
                try $0.addItems(
                    (0..<5).map { .pair("gold \($0)", expected: .first) }, to: project, kind: .gold)
            }
            let people = try study.people(2)
            return try people.flatMap { try study.work($0, project) }
                .map { "\($0.prompt) \($0.showing) \($0.arrangement)" }
        }
        let one = try stream(seed: 11)
        #expect(try stream(seed: 11) == one)
        #expect(try stream(seed: 12) != one)
    }

    @Test func peopleWhoTakeNoPartGetNothing() throws {
        let project = try study.project(work: 1)
        let ada = try study.person("Ada")
        try study.store.write(by: nil) { try $0.exclude(ada, reason: "") }
        #expect(throws: FeedbackError.notActive(.excluded)) { try study.next(ada, project) }
        #expect(throws: FeedbackError.notALead) {
            let (bob, eve) = (try study.person("Bob"), try study.person("Eve"))
            try study.store.write(by: eve) { _ = try $0.nextAssignments(1, for: bob, in: project) }
        }
    }
}
