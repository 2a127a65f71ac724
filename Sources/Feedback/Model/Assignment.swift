import Foundation
import JSON

/// An item dealt to a person.
public struct Assignment: Identifiable, Hashable, Sendable {
    public typealias ID = Int64

    public enum State: String, Codable, Sendable {
        /// Waits for an answer.
        case open
        case judged
        /// Will not be shown to this person again.
        case skipped
        /// Kept too long without an answer; somebody else may have got it.
        case released
    }

    public let id: ID
    public var project: Project.ID
    public var item: Item
    public var annotator: Annotator.ID
    /// 0, or 1 where an item is shown again to see whether its judge agrees with themselves.
    public var showing: Int
    /// The response's position for each place on the screen: `arrangement[place]` is the position.
    public var arrangement: [Int]
    public var drawn: Drawn
    /// The version of the project's definition that it is answered under.
    public var version: Int
    public var state: State
    /// How many opinions were given; 0 before the first.
    public var revision: Int
    /// The latest opinion.
    public var opinion: Opinion?
    public var draft: JSONValue?

    /// Whether the known answer is shown after one's own.
    public var isFeedbackGiven: Bool { item.kind == .training }

    /// Where a position is on the screen.
    public func place(of position: Int) -> Int? { arrangement.firstIndex(of: position) }
}

/// Whether an item came by chance or because something speaks for it. Estimates rest on the first alone.
public enum Drawn: String, Codable, CaseIterable, Hashable, Sendable {
    case random, selected
}

/// What a person answers to an assignment.
public struct Submission: Hashable, Sendable {
    public var assignment: Assignment.ID
    /// Chosen by the client, once for every answer: sent again after a lost reply, it changes nothing.
    public var request: UUID
    public var opinion: Opinion
    /// How long the person looked at it.
    public var seconds: Double
    /// The revision that this one replaces; 0 for the first.
    public var replacing: Int

    public init(
        assignment: Assignment.ID, request: UUID, opinion: Opinion, seconds: Double, replacing: Int = 0
    ) {
        self.assignment = assignment
        self.request = request
        self.opinion = opinion
        self.seconds = seconds
        self.replacing = replacing
    }
}

/// What became of a submission. The same request gets the same result.
public struct SubmissionResult: Hashable, Sendable {
    public var judgment: Judgment.ID
    public var revision: Int
    /// After training items.
    public var feedback: TrainingFeedback?
}

/// What was expected of an answer to a training item.
public struct TrainingFeedback: Hashable, Sendable {
    public var said: Opinion
    public var expected: Opinion
    public var explanation: String
    /// Whether what was said is what was expected; see ``Opinion/agrees(with:)``.
    public var agrees: Bool
}
