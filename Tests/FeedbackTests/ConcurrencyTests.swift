import Foundation
import GRDB
import Testing

@testable import Feedback

@Suite struct ConcurrencyTests {
    @Test func manyTasksAndTwoStoresOnOneFile() async throws {
        let study = try Study()
        let project = try study.project(work: 60) {
            $0.overlap = 3
            $0.repeatShare = 0.1
            $0.repeatDistance = 5
        }
        let people = try study.people(8)
        // A second connection to the file, as of another process.
        let other = try FeedbackStore(at: study.store.url) { [clock = study.clock] in clock.date }
        let acknowledged = try await withThrowingTaskGroup(of: [Judgment.ID].self) { group in
            for (index, person) in people.enumerated() {
                let store = index.isMultiple(of: 2) ? study.store : other
                group.addTask { try await Self.work(person, project, store) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let judgments = try await study.store.read { try $0.judgments(in: project) }
        #expect(Set(judgments.map(\.id)) == Set(acknowledged))
        #expect(Set(acknowledged).count == acknowledged.count)
        let first = judgments.filter { $0.showing == 0 }
        #expect(Set(first.map { "\($0.item) \($0.annotator)" }).count == first.count)
        #expect(Dictionary(grouping: first, by: \.item).values.allSatisfy { $0.count == 3 })
        #expect(first.count == 180)
        try await study.store.read { try $0.verifyIntegrity() }
    }

    private static func work(
        _ person: Annotator.ID, _ project: Project.ID, _ store: FeedbackStore
    ) async throws -> [Judgment.ID] {
        var acknowledged: [Judgment.ID] = []
        while true {
            let next = try await store.write(by: person) {
                try $0.nextAssignments(2, for: person, in: project)
            }
            guard let assignment = next.first else { return acknowledged }
            let submission = Submission(
                assignment: assignment.id, request: UUID(), opinion: .first, seconds: 1)
            // Sent twice at once, as by an impatient client.
            async let one = store.write(by: person) { try $0.submit(submission) }
            async let two = store.write(by: person) { try $0.submit(submission) }
            let results = try await [one, two]
            #expect(results[0] == results[1])
            acknowledged.append(results[0].judgment)
        }
    }
}
