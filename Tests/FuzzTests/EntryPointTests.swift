import Foundation
import TestSupport
import Testing

/// A reader of files that nobody damages on purpose would be missing from ``FuzzFormat/all``.
@Suite struct EntryPointTests {
    /// What takes bytes from outside apart.
    private static let parsers = [
        "JSONValue(parsing", "JSONObject(parsing", "JSONObject(line", "JSONObject(contentsOf",
        "JSONDecoder()",
        "Yams.compose", "YAMLDecoder()", "MappedFile(", "ByteStream(", "Inflater(", "Inflater.inflate(",
        "NamedArgument(", "Form(try",
    ]

    /// Files with a parser that takes nothing from outside, or nothing that another format does not have, and why.
    private static let exceptions = [
        "Datasets/Reading/FileBytes.swift": "the bytes of the formats of rows",
        "Datasets/Reading/JSONArrayRecords.swift": "rows of the formats of rows, in one array",
        "Datasets/Reading/JSONObject+Line.swift": "lines of the format json",
        "Datasets/Reading/RecordReader.swift": "chooses among the readers of rows",
        "Feedback/Exchange/ItemPlan.swift": "rows that the format uploads adds to a plan",
        "Feedback/Store/StoredValues.swift": "columns of a store that the format store damages",
        "Files/MalformedFile.swift": "what the formats of a model's folder are decoded by",
        "Datasets/JSONLinesWriter.swift": "whether the last line of its own file is whole",
        "Evaluation/Report/Report+JSON.swift": "only a study reads back what its own stage wrote",
        "Recipes/Study/StudyArm.swift": "Heed's own arms; the file is the format study",
        "Recipes/Study/StudyPlan.swift": "settings that Heed wrote itself",
        "Evaluation/Jobs/EvaluationFolder.swift": "what cannot be read there is measured again",
        "Models/Catalogue/Texts/TextCollection.swift": "bytes of archives whose hash the catalogue pins",
        "Recipes/StageRecord.swift": "what cannot be read there is made again",
        "Feedback/Store/StoreReader.swift": "columns of a store that the format store damages",
        "Feedback/Queue/Assignments.swift": "a column of a store",
        "FeedbackServer/Routing/Call.swift": "its types are decoded by the format submissions",
        "FeedbackServer/Leading/ExportPages.swift": "one field of a form",
        "FeedbackServer/Routing/Routes.swift": "hands forms on",
        "heed/Options/Arguments.swift": "what the parser of arguments says of Heed's own commands",
        "heed/Verbs/TokenizerCommand.swift": "lines as the formats json and messages have them",
        "Training/Rounds/KeptVerdicts.swift": "what a judge said, which Heed wrote itself",
        "Methods/Rejection/RejectionRounds.swift": "what cannot be read there is found out again",
        "Methods/GRPO/GRPO.swift": "a part of a checkpoint that only a whole trainer reads",
        "Training/Running/TrainingCheckpoint.swift": "a part of a checkpoint that only a whole trainer reads",
        "Rewards/RewardModel/RewardModelSource.swift": "the arguments of the format rewards",
    ]

    @Test func everyParserHasAFormat() throws {
        let sources = Fixtures.root.appending(path: "../../Sources").standardizedFileURL
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            guard Self.parsers.contains(where: text.contains) else { continue }
            found.insert(String(file.standardizedFileURL.path.dropFirst(sources.path.count + 1)))
        }
        let covered = Set(FuzzFormat.all.flatMap(\.sources)).union(Self.exceptions.keys)
        #expect(found.subtracting(covered).sorted() == [], "add a format to FuzzFormat.all (CONTRIBUTING.md)")
        let gone = covered.filter { !FileManager.default.fileExists(atPath: sources.path + "/" + $0) }
        #expect(gone.sorted() == [])
        #expect(found.count > 20)
    }
}
