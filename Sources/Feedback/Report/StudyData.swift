import Statistics

/// What a report is made of: the judgments of people who take part, each in its latest revision, and the items that they
/// are about, without their texts.
public struct StudyData: Sendable {
    public var project: Project
    public var items: [StudyItem]
    public var judgments: [Judgment]

    public init(project: Project, items: [StudyItem], judgments: [Judgment]) {
        self.project = project
        self.items = items
        self.judgments = judgments
    }
}

/// What figures need to know of an item.
public struct StudyItem: Identifiable, Hashable, Sendable {
    public let id: Item.ID
    public var kind: ItemKind
    public var responses: [StudyResponse]
    /// The known answer of gold and training items.
    public var expected: Opinion?

    public init(id: Item.ID, kind: ItemKind, responses: [StudyResponse], expected: Opinion? = nil) {
        self.id = id
        self.kind = kind
        self.responses = responses
        self.expected = expected
    }
}

public struct StudyResponse: Hashable, Sendable {
    public var policy: Policy?
    /// In characters.
    public var length: Int

    public init(policy: Policy? = nil, length: Int) {
        self.policy = policy
        self.length = length
    }
}

/// The same, in the arrangement in which figures ask for it.
struct StudyIndex {
    let project: Project
    let items: [Item.ID: StudyItem]
    /// In the order in which they were given.
    let judgments: [Judgment]
    /// First showings of work items, by item; items and the judgments of each in the order in which they came.
    let work: [(item: Item.ID, judgments: [Judgment])]
    /// Those of ``work`` that came by chance: what estimates about items and models rest on.
    let random: [(item: Item.ID, judgments: [Judgment])]
    /// Every person who judged, by name.
    let names: [Annotator.ID: String]
    /// The models that wrote answers, and for every item their places in this list; nil for an unknown writer.
    let policies: PolicyList
    let models: [Item.ID: [Int?]]

    init(_ data: StudyData) {
        project = data.project
        items = Dictionary(data.items.map { ($0.id, $0) }) { first, _ in first }
        judgments = data.judgments.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        let first = judgments.filter { $0.showing == 0 && ($0.kind == .work || $0.kind == .chat) }
        work = Self.byItem(first)
        random = Self.byItem(first.filter { $0.drawn == .random })
        names = Dictionary(judgments.map { ($0.annotator, $0.annotatorName) }) { first, _ in first }
        var policies = PolicyList()
        var models: [Item.ID: [Int?]] = [:]
        for item in data.items {
            models[item.id] = item.responses.map { $0.policy.map { policies.place(of: $0) } }
        }
        self.policies = policies
        self.models = models
    }

    /// What an opinion says about the models of its item, pairs of one model left out; by their places in ``policies``.
    func votes(_ judgment: Judgment, aspect: String) -> [ArmVote] {
        guard let models = models[judgment.item], let verdict = judgment.opinion.verdicts[aspect] else {
            return []
        }
        return verdict.preferences.compactMap { vote in
            guard max(vote.first, vote.second) < models.count, let first = models[vote.first],
                let second = models[vote.second], first != second
            else { return nil }
            return ArmVote(first, vote.outcome, against: second)
        }
    }

    private static func byItem(_ judgments: [Judgment]) -> [(item: Item.ID, judgments: [Judgment])] {
        var places: [Item.ID: Int] = [:]
        var groups: [(item: Item.ID, judgments: [Judgment])] = []
        for judgment in judgments {
            if let place = places[judgment.item] {
                groups[place].judgments.append(judgment)
            } else {
                places[judgment.item] = groups.count
                groups.append((judgment.item, [judgment]))
            }
        }
        return groups
    }
}

extension Bootstrap {
    /// Fewer draws than a paper would take: a live page is computed again and again, and the ends of intervals
    /// move by a hundredth of their width or two.
    static let live = Bootstrap(resamples: 400)
}
