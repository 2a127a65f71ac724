import Datasets
import Files
import Foundation

/// A training put away in a folder: everything that going on exactly needs.
enum TrainingCheckpoint {
    private struct State: Codable {
        let cursor: BatchOrder.Cursor
        let seconds: Double
        let extra: [String: Double]
    }

    private static let stateFile = "trainer.json"

    /// - Parameter seconds: spent on the training so far.
    static func write(_ method: any TrainingMethod, seconds: Double, to folder: URL) throws {
        try method.saveModel(to: folder)
        try method.learner.save(to: folder)
        try method.saveState(to: folder)
        let state = State(cursor: method.datasetCursor, seconds: seconds, extra: method.extraState)
        try AtomicFile.write(JSONEncoder().encode(state), to: folder.appendingPathComponent(stateFile))
    }

    /// Brings a training at its first step to where the written one was.
    ///
    /// - Returns: the seconds spent on it so far.
    /// - Throws: `TrainingError.unusableCheckpoint`.
    static func restore(_ method: any TrainingMethod, from folder: URL) throws -> Double {
        do {
            let data = try Data(contentsOf: folder.appendingPathComponent(stateFile))
            let state = try JSONDecoder().decode(State.self, from: data)
            try method.restoreModel(from: folder)
            try method.learner.restore(from: folder)
            try method.restoreState(from: folder)
            method.extraState = state.extra
            guard method.restore(state.cursor) else {
                throw TrainingError.unusableCheckpoint(folder, "its place in the data does not exist")
            }
            return state.seconds
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError.unusableCheckpoint(folder, "\(error)")
        }
    }
}
