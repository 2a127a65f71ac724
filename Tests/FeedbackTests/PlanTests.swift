import Foundation
import GRDB
import Testing

@testable import Feedback

/// What people wait for finds its rows by indices, so that it takes no longer as a study grows.
@Suite struct PlanTests {
    @Test func nobodyWaitsForAScan() throws {
        let study = try Study()
        let project = try study.project(work: 60) {
            $0.overlap = 2
            $0.goldShare = 0.2
            $0.repeatShare = 0.2
            $0.repeatDistance = 3
            $0.selection = .information
            $0.randomShare = 0.5
            $0.leaseSeconds = 10
        }
        try study.store.write(by: nil) {
            try $0.addItems((0..<9).map { .pair("gold \($0)", expected: .first) }, to: project, kind: .gold)
            try $0.addItems([.pair("training", expected: .first)], to: project, kind: .training)
        }
        let people = try study.people(3)
        let token = try study.admission("Ada").session
        let statements = try study.statements {
            for person in people { try study.work(person, project, 20) }
            let held = try study.next(people[0], project, 2)
            study.clock.advance(by: 20)
            _ = try study.next(people[1], project, 3)
            try study.store.write(by: people[0]) {
                try $0.saveDraft("draft", of: held[0].id)
                _ = try $0.reader.lastJudged(by: people[0], in: project, before: held[0].id)
                _ = try $0.reader.todayCount(of: people[0], in: project)
                _ = try $0.reader.session(token)
                try $0.renew(session: token)
            }
        }
        #expect(statements.count > 20)
        let plans = try study.store.pool.writeWithoutTransaction { database in
            try statements.sorted().map { sql in
                let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
                statement.setUncheckedArguments(StatementArguments())
                return (sql, try Row.fetchAll(statement).map { $0["detail"] as String })
            }
        }
        for (sql, plan) in plans {
            // The store's one row, and the audit's last.
            let allowed = ["SCAN store", "SCAN audit", "SCAN CONSTANT ROW"]
            let scans = plan.filter { $0.hasPrefix("SCAN") && !allowed.contains($0) }
            #expect(scans.isEmpty, "\(sql)")
            #expect(plan.filter { $0.contains("TEMP B-TREE") }.isEmpty, "\(sql)")
        }
    }
}

extension Study {
    /// The statements that `body` runs in the store's writer.
    fileprivate func statements(during body: () throws -> Void) throws -> Set<String> {
        var seen: Set<String> = []
        store.pool.writeWithoutTransaction { database in
            database.trace { event in
                if case .statement(let statement) = event { seen.insert(statement.sql) }
            }
        }
        try body()
        store.pool.writeWithoutTransaction { $0.trace(options: []) }
        let verbs = ["SELECT", "UPDATE", "DELETE", "INSERT"]
        return seen.filter { sql in verbs.contains { sql.hasPrefix($0) } }
    }
}
