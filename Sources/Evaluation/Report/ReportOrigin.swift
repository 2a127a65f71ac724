/// What a report comes from: what was typed, and what went before.
public struct ReportOrigin: Sendable {
    public var title: String
    /// What to type to get the report again.
    public var command: String
    /// What went before the evaluation.
    public var stages: [Report.Stage]

    public init(title: String = "Evaluation", command: String, stages: [Report.Stage] = []) {
        self.title = title
        self.command = command
        self.stages = stages
    }
}
