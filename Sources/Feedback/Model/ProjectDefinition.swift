/// What a project asks of people, and how its items are dealt out. Stored as JSON; a change makes a new version.
public struct ProjectDefinition: Codable, Hashable, Sendable {
    public var task: LabellingTask
    /// What is asked above every item.
    public var question: String
    /// Markdown, one key away from every item.
    public var guidelines = ""
    /// What is judged; one without a name where the project has none.
    public var aspects: [Aspect] = [Aspect()]
    /// The lowest and the highest mark of `rate`.
    public var lowestMark = 1
    public var highestMark = 5
    /// How many degrees of "better" there are in a comparison, 1 to 4: slightly … significantly.
    public var strengths = 4
    public var allowsTie = true
    public var allowsBothBad = true
    public var reason = Requirement.optional
    /// Whether an answer may be rewritten besides being judged.
    public var allowsEdit = false
    /// What a person may declare about themselves, and what judgments are told apart by. Always optional.
    public var groups: [GroupAttribute] = []

    /// How many answers to a prompt an item shows, at most; nil: as ``LabellingTask/usualAnswersPerItem`` says.
    public var answersPerItem: Int?
    /// How many people see an item.
    public var overlap = 1
    /// The share of what a person sees that is gold, or shown before, from 0 to 0.5.
    public var goldShare = 0.0
    public var repeatShare = 0.0
    /// How many answers a person gives between the two showings of a repeated item, at least.
    public var repeatDistance = 20
    /// Which item is next.
    public var selection = Selection.random
    /// The share of items that are drawn at random whatever `selection` says; estimates rest on these alone.
    public var randomShare = 1.0
    /// Seconds after which an item that nobody answered goes to somebody else.
    public var leaseSeconds = 1_800
    /// The live page advises to stop when the interval of the win rate is narrower than this, or leaves one half out.
    public var stoppingWidth = 0.1

    public init(task: LabellingTask, question: String? = nil) {
        self.task = task
        self.question = question ?? task.defaultQuestion
    }

    enum CodingKeys: String, CodingKey {
        case task, question, guidelines, aspects, strengths, reason, groups, overlap, selection
        case lowestMark = "lowest_mark"
        case highestMark = "highest_mark"
        case allowsTie = "allows_tie"
        case allowsBothBad = "allows_both_bad"
        case allowsEdit = "allows_edit"
        case answersPerItem = "answers_per_item"
        case goldShare = "gold_share"
        case repeatShare = "repeat_share"
        case repeatDistance = "repeat_distance"
        case randomShare = "random_share"
        case leaseSeconds = "lease_seconds"
        case stoppingWidth = "stopping_width"
    }
}

/// What people are asked to do with an item.
public enum LabellingTask: String, Codable, CaseIterable, Hashable, Sendable {
    /// Pick the better of two, and say by how much.
    case compare
    /// Put several in order, ties allowed.
    case rank
    /// Give each a mark for each aspect.
    case rate
    /// Good or not, each.
    case thumbs
    /// Make the answer what it should be.
    case edit
    /// Talk, and choose between two answers at every turn.
    case chat

    public var defaultQuestion: String {
        switch self {
        case .compare, .chat: "Which answer is better?"
        case .rank: "Put the answers in order, the best first."
        case .rate: "How good is the answer?"
        case .thumbs: "Is this a good answer?"
        case .edit: "Make this the answer you would like to get."
        }
    }

    /// How many answers an item shows where the project does not say: of a ranking as many as there are.
    public var usualAnswersPerItem: Int {
        switch self {
        case .compare, .chat: 2
        case .rank: responseCounts.upperBound
        case .rate, .thumbs, .edit: 1
        }
    }

    /// How many answers an item of the task has.
    public var responseCounts: ClosedRange<Int> {
        switch self {
        case .compare, .chat: 2...2
        case .rank: 2...26
        case .rate, .thumbs: 1...26
        case .edit: 1...1
        }
    }
}

/// One thing that is judged: `helpful`, `honest`, `harmless`, or the project's own.
public struct Aspect: Codable, Hashable, Sendable {
    /// Empty where there is only one and it has no name.
    public var name: String
    /// What is asked about it; empty: the project's question.
    public var question: String

    public init(_ name: String = "", question: String = "") {
        self.name = name
        self.question = question
    }
}

/// Something people may declare about themselves, with what it may be.
public struct GroupAttribute: Codable, Hashable, Sendable {
    public var name: String
    public var values: [String]

    public init(_ name: String, values: [String]) {
        self.name = name
        self.values = values
    }
}

public enum Requirement: String, Codable, CaseIterable, Hashable, Sendable {
    case never, optional, required
}

public enum Selection: String, Codable, CaseIterable, Hashable, Sendable {
    case random
    /// Where the members of a reward-model ensemble disagree most.
    case disagreement
    /// Where a vote would tell most about the strengths of the models, by a Bradley–Terry fit.
    case information
}

/// What an item is in the stream.
public enum ItemKind: String, Codable, CaseIterable, Hashable, Sendable {
    case work
    /// Its answer is known, and nobody is told.
    case gold
    /// Its answer is known, and shown after one's own, before any work.
    case training
    /// Made in a conversation, judged by the one who held it.
    case chat
}
