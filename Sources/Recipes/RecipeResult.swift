import Runs

/// What a recipe left, stage by stage.
public struct RecipeResult: Encodable {
    public struct Stage: Encodable {
        public let name: String
        public let verb: String
        public let output: String
        public let seconds: Double
        /// The most bytes that the process had in memory meanwhile; nil where the system does not tell.
        public let peakMemory: Int?
        /// By an earlier call, so that this one had nothing to do.
        public let finishedBefore: Bool
        /// What the verb said at its end.
        public let lines: [String]

        init(_ stage: Recipe.Stage, _ record: StageRecord, finishedBefore: Bool) {
            name = stage.name
            verb = stage.verb.name
            output = stage.output
            seconds = record.seconds
            peakMemory = record.peakMemory
            lines = record.lines
            self.finishedBefore = finishedBefore
        }

        enum CodingKeys: String, CodingKey {
            case name, verb, output, seconds, lines
            case peakMemory = "peak_memory"
            case finishedBefore = "finished_before"
        }
    }

    public let recipe: String
    public let output: String
    /// Of this call.
    public let seconds: Double
    public let stages: [Stage]

    /// For people: what the last stage said, and how long it all took.
    public var lines: [String] {
        let before = stages.count { $0.finishedBefore }
        let skipped = before > 0 ? ", \(before) of them finished before" : ""
        let whole =
            before > 0 ? " (\(ProgressText.duration(stages.reduce(0) { $0 + $1.seconds })) in all)" : ""
        return (stages.last?.lines ?? [])
            + ["\(recipe): \(stages.count) stages\(skipped), in \(ProgressText.duration(seconds))\(whole)"]
    }
}
