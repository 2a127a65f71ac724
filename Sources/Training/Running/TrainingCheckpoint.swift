import Datasets
import Files
import Foundation

/// A training run saved in a folder: everything that an exact resumption needs.
package enum TrainingCheckpoint {
    private struct State: Codable {
        let cursor: BatchOrder.Cursor
        let seconds: Double
        let extra: [String: Double]
        /// Missing in checkpoints of earlier versions.
        let evaluations: EvaluationRecord?

        /// What of it no run writes, for `method`; nil where it is all well.
        func fault(for method: any Trainer) -> String? {
            let strange = Set(extra.keys).subtracting(method.extraState.keys)
            if let name = strange.sorted().first { return "this method keeps no '\(name)'" }
            // Counts that a Double holds exactly are far below what an Int can count on.
            let counts = extra.values + [Double(cursor.epoch), seconds]
            return counts.allSatisfy { abs($0) < 0x1p53 } ? nil : "one of its numbers is out of range"
        }
    }

    private static let stateFile = "trainer.json"

    /// - Parameters:
    ///   - seconds: spent on the training so far.
    ///   - evaluations: what evaluations have said so far.
    package static func write(
        _ method: any Trainer, seconds: Double, evaluations: EvaluationRecord = EvaluationRecord(),
        to folder: URL
    ) throws {
        try method.saveModel(to: folder)
        try method.learner.save(to: folder)
        try method.saveState(to: folder)
        let state = State(
            cursor: method.datasetCursor, seconds: seconds, extra: method.extraState, evaluations: evaluations
        )
        try AtomicFile.write(encoding: state, to: folder.appendingPathComponent(stateFile))
    }

    /// Brings a training run at its first step to where the saved one was.
    ///
    /// - Returns: the seconds spent on it so far, and what evaluations had said.
    /// - Throws: `TrainingError.unusableCheckpoint`.
    package static func restore(_ method: any Trainer, from folder: URL) throws -> (
        seconds: Double, evaluations: EvaluationRecord
    ) {
        do {
            let data = try Data(contentsOf: folder.appendingPathComponent(stateFile))
            let state = try JSONDecoder().decode(State.self, from: data)
            if let fault = state.fault(for: method) {
                throw TrainingError.unusableCheckpoint(folder, "\(stateFile): \(fault)")
            }
            try method.restoreModel(from: folder)
            try method.learner.restore(from: folder)
            try method.restoreState(from: folder)
            method.extraState = state.extra
            guard try method.restore(state.cursor) else {
                throw TrainingError.unusableCheckpoint(folder, "its place in the data does not exist")
            }
            return (state.seconds, state.evaluations ?? EvaluationRecord())
        } catch let error as TrainingError {
            throw error
        } catch {
            throw TrainingError.unusableCheckpoint(folder, "\(error)")
        }
    }
}
