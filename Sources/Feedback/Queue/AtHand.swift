import Foundation
import GRDB

extension StoreReader {
    /// How many items a person has answered in a project.
    public func answeredCount(of annotator: Annotator.ID, in project: Project.ID) throws -> Int {
        let statement = try database.cachedStatement(
            sql: "SELECT answered FROM streams WHERE annotator = ? AND project = ?")
        return try Int.fetchOne(statement, arguments: [annotator, project]) ?? 0
    }

    /// The response's position for each place on the screen of the person who holds an assignment.
    /// - Throws: ``FeedbackError/noAssignment(_:)``, ``FeedbackError/notTheirs(_:)``
    public func arrangement(of assignment: Assignment.ID, heldBy annotator: Annotator.ID) throws -> [Int] {
        let statement = try database.cachedStatement(
            sql: "SELECT annotator, arrangement FROM assignments WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [assignment]) else {
            throw FeedbackError.noAssignment(assignment)
        }
        guard row["annotator"] == annotator else { throw FeedbackError.notTheirs(assignment) }
        return try StoredJSON.value(row["arrangement"])
    }
}
