import Foundation

/// A project as somebody asks for it, and answers to fill it with.
public struct StudySetup: Sendable {
    public var project: String
    /// Nil: comparisons, or what the project that is there asks for.
    public var task: LabellingTask?
    public var question: String?
    /// Markdown.
    public var guidelines: String?
    /// Names of what is judged; empty: as it is.
    public var aspects: [String] = []
    public var overlap: Int?
    public var answersPerItem: Int?
    public var goldShare: Double?
    public var repeatShare: Double?
    public var selection: Selection?
    public var randomShare: Double?
    /// Files of responses, as `heed sample` writes them.
    public var responses: [URL] = []

    public init(project: String) { self.project = project }

    /// What a setup changed.
    public struct Summary: Codable, Hashable, Sendable {
        public let project: String
        public let task: LabellingTask
        /// Items that are new, and those that the project had already.
        public let items: Int
        public let knownItems: Int
        /// Prompts with too few answers for an item.
        public let unusedPrompts: Int

        enum CodingKeys: String, CodingKey {
            case project, task, items
            case knownItems = "known_items"
            case unusedPrompts = "unused_prompts"
        }
    }

    /// Makes the project or brings it up to date, and adds the items: all of it or nothing.
    ///
    /// - Throws: `DataError` for a file of responses, ``FeedbackError`` for settings that make no sense.
    public func apply(to store: FeedbackStore) throws -> Summary {
        let plan = try responses.isEmpty ? ItemPlan() : ItemPlan(responses)
        return try store.write(by: nil) { writer in
            let former = try writer.reader.project(named: self.project)
            let task = task ?? former?.definition.task ?? .compare
            let definition = changed(former?.definition ?? ProjectDefinition(task: task), task: task)
            let project =
                try former.map { try writer.updateProject($0.id, definition) }
                ?? writer.createProject(self.project, definition)
            let (planned, unused) = plan.items(for: definition)
            let (items, known) = try writer.addItems(planned, to: project.id)
            return Summary(
                project: project.name, task: task, items: items, knownItems: known, unusedPrompts: unused)
        }
    }

    private func changed(_ former: ProjectDefinition, task: LabellingTask) -> ProjectDefinition {
        var definition = former
        definition.task = task
        definition.question = question ?? definition.question
        definition.guidelines = guidelines ?? definition.guidelines
        if !aspects.isEmpty { definition.aspects = aspects.map { Aspect($0) } }
        definition.overlap = overlap ?? definition.overlap
        definition.answersPerItem = answersPerItem ?? definition.answersPerItem
        definition.goldShare = goldShare ?? definition.goldShare
        definition.repeatShare = repeatShare ?? definition.repeatShare
        definition.selection = selection ?? definition.selection
        definition.randomShare = randomShare ?? definition.randomShare
        return definition
    }
}
