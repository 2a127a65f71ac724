import Datasets
import Foundation
import JSON

/// A prompt and what was answered to it.
public struct Item: Identifiable, Hashable, Sendable {
    public typealias ID = Int64

    public let id: ID
    public var project: Project.ID
    public var kind: ItemKind
    public var prompt: Text
    /// Columns of the row that it came from.
    public var extra: JSONObject
    public var responses: [ItemResponse]
    /// The known answer of gold and training items.
    public var expected: Opinion?
    /// Why that is the answer, shown after training items.
    public var explanation: String
    public var conversation: Conversation.ID?
    /// The turn before it in the conversation.
    public var parent: Item.ID?
}

/// One answer of an item.
public struct ItemResponse: Hashable, Sendable {
    public var text: String
    /// Nil where nobody recorded it.
    public var finish: Response.Finish?
    public var policy: Policy?
    public var extra: JSONObject

    public init(
        text: String, finish: Response.Finish? = nil, policy: Policy? = nil, extra: JSONObject = [:]
    ) {
        self.text = text
        self.finish = finish
        self.policy = policy
        self.extra = extra
    }
}

/// An item that is about to be added.
public struct NewItem: Hashable, Sendable {
    public var prompt: Text
    public var responses: [ItemResponse]
    public var extra: JSONObject
    /// Required for gold and training items.
    public var expected: Opinion?
    public var explanation: String

    public init(
        prompt: Text, responses: [ItemResponse], extra: JSONObject = [:], expected: Opinion? = nil,
        explanation: String = ""
    ) {
        self.prompt = prompt
        self.responses = responses
        self.extra = extra
        self.expected = expected
        self.explanation = explanation
    }
}

/// A live chat of one person.
public struct Conversation: Identifiable, Hashable, Sendable {
    public typealias ID = Int64

    public let id: ID
    public var project: Project.ID
    public var annotator: Annotator.ID
    public var createdAt: Date
    public var endedAt: Date?
}
