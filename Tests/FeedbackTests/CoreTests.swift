import Foundation
import Testing

@testable import Feedback

@Suite struct CoreTests {
    let study: Study

    init() throws { study = try Study() }

    @Test func whatIsJudgedComesBack() throws {
        let project = try study.project(work: 2)
        let ada = try study.person("Ada")
        let shown = try study.work(ada, project)
        #expect(Set(shown.map(\.prompt)) == ["work 0", "work 1"])
        let judgments = try study.store.read { try $0.judgments(in: project) }
        #expect(judgments.map(\.item) == shown.map(\.item.id))
        #expect(judgments.map(\.opinion) == [.first, .first])
        #expect(judgments.map(\.annotatorName) == ["Ada", "Ada"])
        #expect(judgments.map(\.arrangement) == shown.map(\.arrangement))
        let progress = try study.store.read { try $0.progress(in: project) }
        #expect(progress.items == 2 && progress.complete == 2 && progress.judgments == 2)
        try study.store.read { try $0.verifyAudit() }
    }

    @Test func aProjectComesBackAsItWasMade() throws {
        let id = try study.project(.rate) {
            $0.aspects = [Aspect("helpful", question: "Helpful?"), Aspect("honest")]
            $0.groups = [GroupAttribute("language", values: ["de", "en"])]
            $0.reason = .required
            $0.overlap = 3
        }
        let project = try study.store.read { try $0.project(id) }
        #expect(project.definition.aspects.map(\.name) == ["helpful", "honest"])
        #expect(project.definition.groups == [GroupAttribute("language", values: ["de", "en"])])
        #expect(project.definition.reason == .required && project.definition.overlap == 3)
        #expect(try study.store.read { try $0.project(named: "STUDY") } == project)
    }

    @Test func anItemComesBackAsItWasAdded() throws {
        let project = try study.project(work: 1)
        let item = try #require(try study.store.read { try $0.items(in: project) }.first)
        let pair = NewItem.pair("work 0")
        #expect(item.prompt == pair.prompt && item.responses == pair.responses && item.extra == pair.extra)
        #expect(item.kind == .work && item.expected == nil)
    }

    @Test func whatIsThereIsNotAddedAgain() throws {
        let project = try study.project(work: 2)
        let result = try study.store.write(by: nil) {
            try $0.addItems((1..<4).map { .pair("work \($0)") }, to: project)
        }
        #expect(result == (2, 1))
    }

    @Test func theSameRequestTwiceIsOneJudgment() throws {
        let project = try study.project(work: 1)
        let ada = try study.person("Ada")
        let assignment = try #require(try study.next(ada, project).first)
        let request = UUID()
        let first = try study.submit(assignment, request: request)
        #expect(try study.submit(assignment, request: request) == first)
        #expect(try study.store.read { try $0.judgments(in: project, .everything) }.count == 1)
        #expect(throws: FeedbackError.requestReused(request)) {
            try study.submit(assignment, .second, request: request)
        }
    }
}
