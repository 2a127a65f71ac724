import Foundation
import Runs

/// What a training run leaves behind.
public struct TrainingResult: Codable, Sendable {
    /// The run folder.
    public let run: String
    /// The model or adapter to use next.
    public let model: String
    public let steps: Int
    /// Rows that could not be used, in words; nil: all were.
    public let dropped: String?
    /// What people should know about how it went.
    public var notes: [String]?

    public init(_ folder: URL, steps: Int, dropped: String? = nil, notes: [String]? = nil) {
        run = folder.path
        model = folder.appendingPathComponent("final").path
        self.steps = steps
        self.dropped = dropped
        self.notes = notes
    }
}
