import Files
import Foundation

extension Report {
    /// The content of `report.json`: the keys of the command line's contract, and more beside them.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return try encoder.encode(self)
    }

    /// - Throws: `FileError` or `MalformedFile`.
    public init(contentsOf file: URL) throws {
        self = try FileSystem.decode(Report.self, from: file, by: Self.decoder)
    }

    public init(json: Data) throws { self = try Self.decoder.decode(Report.self, from: json) }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }
}

extension Report: Codable {
    private enum CodingKeys: String, CodingKey {
        case title, created, arms, reference, prompts, annotator, seconds, command, stages, models, runs,
            curves, explained, people, frontier, notes
        case annotatorIsSimulated = "annotator_is_simulated"
        case annotatorDescription = "annotator_description"
        case annotatorCard = "annotator_card"
        case annotatorWarning = "annotator_warning"
        case rewardModel = "reward_model"
        case summary, warnings
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            title: try container.decode(String.self, forKey: .title),
            created: try container.decode(Date.self, forKey: .created),
            arms: try container.decode([Arm].self, forKey: .arms),
            reference: try container.decode(String.self, forKey: .reference),
            prompts: try container.decode(Int.self, forKey: .prompts),
            annotator: AnnotatorNote(
                name: try container.decode(String.self, forKey: .annotator),
                isSimulated: try container.decode(Bool.self, forKey: .annotatorIsSimulated),
                description: try container.decode(String.self, forKey: .annotatorDescription),
                card: try container.decodeIfPresent(String.self, forKey: .annotatorCard),
                warning: try container.decodeIfPresent(String.self, forKey: .annotatorWarning)),
            seconds: try container.decode(Double.self, forKey: .seconds),
            command: try container.decode(String.self, forKey: .command),
            stages: try container.decode([Stage].self, forKey: .stages),
            models: try container.decode([ModelNote].self, forKey: .models),
            runs: try container.decode([RunNote].self, forKey: .runs),
            curves: try container.decode([CurveGroup].self, forKey: .curves),
            explained: try container.decodeIfPresent([ExplainedRun].self, forKey: .explained) ?? [],
            rewardModel: try container.decode(RewardModelQuality?.self, forKey: .rewardModel),
            people: try container.decodeIfPresent(People.self, forKey: .people),
            frontier: try container.decodeIfPresent(Frontier.self, forKey: .frontier),
            notes: try container.decode(Notes.self, forKey: .notes))
    }

    /// The summary and the warnings are written for those who read the file; they are worked out again when it is
    /// loaded.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(title, forKey: .title)
        try container.encode(created, forKey: .created)
        try container.encode(arms, forKey: .arms)
        try container.encode(reference, forKey: .reference)
        try container.encode(prompts, forKey: .prompts)
        try container.encode(annotator.name, forKey: .annotator)
        try container.encode(annotator.isSimulated, forKey: .annotatorIsSimulated)
        try container.encode(annotator.description, forKey: .annotatorDescription)
        try container.encodeIfPresent(annotator.card, forKey: .annotatorCard)
        try container.encodeIfPresent(annotator.warning, forKey: .annotatorWarning)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(command, forKey: .command)
        try container.encode(stages, forKey: .stages)
        try container.encode(models, forKey: .models)
        try container.encode(runs, forKey: .runs)
        try container.encode(curves, forKey: .curves)
        try container.encode(explained, forKey: .explained)
        try container.encode(rewardModel, forKey: .rewardModel)
        try container.encode(people, forKey: .people)
        try container.encode(frontier, forKey: .frontier)
        try container.encode(notes, forKey: .notes)
        try container.encode(summary, forKey: .summary)
        try container.encode(warnings, forKey: .warnings)
    }
}
