/// What a report comes from: what was typed, and what went before.
public struct ReportOrigin: Sendable {
    public var title: String
    /// What to type to get the report again.
    public var command: String
    /// The stage of the recipe that the command runs; nil: the command does this alone.
    public var stage: String?
    /// What went before the evaluation.
    public var stages: [Report.Stage]

    public init(
        title: String = "Evaluation", command: String, stage: String? = nil, stages: [Report.Stage] = []
    ) {
        self.title = title
        self.command = command
        self.stage = stage
        self.stages = stages
    }

    /// The command as a line of a shell that names the stage which it is about.
    public var commandLine: String { stage.map { "\(command)  # stage \($0)" } ?? command }
}
