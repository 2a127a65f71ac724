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
    /// Of the last step.
    public let loss: Double?
    /// That went through training, prompts included.
    public let tokens: Int?
    /// Of all steps, those before an interruption included.
    public let seconds: Double?

    /// - Parameter last: what the last step measured.
    public init(
        _ folder: URL, steps: Int, dropped: String? = nil, notes: [String]? = nil, last: MetricsRecord? = nil
    ) {
        (loss, tokens, seconds) = (last?["loss"], last?.tokens, last?.seconds)
        run = folder.path
        model = folder.appendingPathComponent("final").path
        self.steps = steps
        self.dropped = dropped
        self.notes = notes?.isEmpty == true ? nil : notes
    }
}
