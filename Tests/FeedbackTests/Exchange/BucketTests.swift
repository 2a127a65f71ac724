import Datasets
import Foundation
import TestSupport
import Testing

@testable import Feedback

/// Label Studio's Ranker: what its buckets say, and what they do not.
@Suite struct BucketTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func study(_ ranker: String, order: [String] = []) throws -> ImportedStudy {
        try folder.write(
            """
            [{"id": 1, "data": {"prompt": "p", "items": [{"id": "a1", "body": "first"}, {"id": "b2", "body": "second"},
              {"id": "c3", "body": "third"}]},
              "annotations": [{"id": 7, "completed_by": 3, "result": [
                {"type": "ranker", "from_name": "rank", "to_name": "list", "value": {"ranker": \(ranker)}}]}]}]
            """, to: "export.json")
        return try ImportedStudy(folder.item("export.json"), .labelStudio, bucketOrder: order)
    }

    @Test(arguments: [
        (#"["b2", "c3", "a1"]"#, [3, 1, 2]),
        (#"{"rank": ["b2", "c3", "a1"]}"#, [3, 1, 2]),
        (#"{"_": [], "rank": ["b2", "c3", "a1"]}"#, [3, 1, 2]),
        (#"{"rank_2": ["a1"], "rank_1": ["b2", "c3"]}"#, [3, 1, 1]),
        (#"{"_": [], "3": ["a1"], "10": ["c3"], "1": ["b2"]}"#, [2, 1, 3]),
        (#"{"_": [], "rank_1": ["c3"], "rank_2": [], "rank_3": ["a1", "b2"]}"#, [2, 2, 1]),
    ]) func bucketsThatSayTheirRank(ranker: String, ranks: [Int]) throws {
        let study = try study(ranker)
        #expect(study.items[0].judgments.map(\.opinion) == [Opinion(verdicts: ["": .ranking(ranks)])])
        #expect(study.leftOut.isEmpty && study.unread.isEmpty)
    }

    /// What nobody has sorted is no judgment, wherever it stands in the file.
    @Test(arguments: [
        #"{"_": ["b2", "a1", "c3"]}"#, #"{"_": []}"#, #"{"_": ["a1"], "rank": ["b2", "c3"]}"#,
        #"{"rank_1": ["b2"], "rank_2": ["a1"], "rank_3": [], "_": ["c3"]}"#,
        #"{"_": ["a1", "b2", "c3"], "rank_1": [], "rank_2": [], "rank_3": []}"#,
        #"{"rank_1": ["b2"], "rank_2": ["a1"]}"#,
    ]) func whatIsUnsortedHasNoRank(ranker: String) throws {
        let study = try study(ranker)
        #expect(study.items.count == 1 && study.items[0].judgments.isEmpty)
        #expect(study.leftOut == ["rankings with answers left unsorted": 1])
    }

    @Test(arguments: [
        #"{"_": [], "biased_results": ["a1"], "relevant_results": ["b2", "c3"]}"#,
        #"{"best": ["b2"], "worst": ["a1", "c3"]}"#, #"{"relevant": ["b2", "c3", "a1"]}"#,
        #"{"top_1": ["b2"], "bottom_2": ["a1", "c3"]}"#, #"{"rank_1": ["b2"], "rest": ["a1", "c3"]}"#,
        #"{"score_1": ["b2"], "score_2": ["a1", "c3"]}"#, #"{"rank_1": ["b2"], "rank_01": ["a1", "c3"]}"#,
    ]) func otherNamesNeedAnOrder(ranker: String) throws {
        let error = #expect(throws: DataError.self) { try study(ranker) }
        #expect(error?.remedy.contains("--bucket-order") == true && error?.line == 1)
    }

    @Test func theOrderThatIsGivenCounts() throws {
        let ranker = #"{"_": [], "biased": ["a1"], "relevant": ["b2", "c3"], "odd": []}"#
        let given = try study(ranker, order: ["relevant", "odd", "biased"])
        #expect(given.items[0].judgments.map(\.opinion.verdicts) == [["": .ranking([3, 1, 1])]])
        let turned = try study(ranker, order: ["biased", "odd", "relevant"])
        #expect(turned.items[0].judgments.map(\.opinion.verdicts) == [["": .ranking([1, 2, 2])]])
        let partial = try study(
            #"{"_": ["c3"], "ads": ["a1"], "best": ["b2"]}"#, order: ["best", "ads"])
        #expect(partial.leftOut == ["rankings with answers left unsorted": 1])
        // A bucket that is not named, and a name that no bucket has.
        #expect(throws: DataError.self) { try study(ranker, order: ["relevant", "biased"]) }
        let slip = #expect(throws: DataError.self) {
            try study(ranker, order: ["relevant", "odd", "biased", "bset"])
        }
        #expect(slip?.expected.contains("bset") == true && slip?.category == .usage)
    }

    @Test(arguments: [#"{"rank": ["b2", "b2", "a1"]}"#, #"{"rank": ["x", "b2", "a1"]}"#, #"{"rank": 3}"#])
    func whatIsNoOrderIsNotUnderstood(ranker: String) throws {
        let study = try study(ranker)
        #expect(study.items[0].judgments.isEmpty)
        #expect(study.unread == ["rank": 1] || !study.leftOut.isEmpty)
    }
}

/// What stands beside judgments in other tools' files, and is none.
@Suite struct LeftOutTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func study(_ text: String, _ format: ToolFormat) throws -> ImportedStudy {
        try folder.write(text, to: "export.json")
        return try ImportedStudy(folder.item("export.json"), format)
    }

    private static let left = #"{"type": "pairwise", "from_name": "pw", "value": {"selected": "left"}}"#

    private func task(_ annotations: String, _ rest: String = "") throws -> ImportedStudy {
        try study(
            """
            [{"data": {"prompt": "p", "answer_a": "x", "answer_b": "y"}, "annotations": [\(annotations)]\(rest)}]
            """, .labelStudio)
    }

    @Test(arguments: [
        (#"{"completed_by": 3, "result": null}"#, "annotations without a result"),
        (#"{"completed_by": 3, "result": []}"#, "annotations without a result"),
        (#"{"completed_by": 3}"#, "annotations without a result"),
        (#"{"completed_by": 3, "was_cancelled": true, "result": [\#(left)]}"#, "cancelled annotations"),
        (#"{"completed_by": 3, "was_cancelled": 1, "result": [\#(left)]}"#, "cancelled annotations"),
    ]) func annotationsThatDoNotCount(annotation: String, reason: String) throws {
        let study = try task(annotation)
        #expect(study.items.flatMap(\.judgments).isEmpty && study.leftOut == [reason: 1])
        let store = try FeedbackStore(at: folder.item("feedback.sqlite"), .create)
        let error = #expect(throws: ExchangeError.self) { try store.add(study, to: "p") }
        #expect(error?.description.contains("\(reason) (1)") == true)
    }

    @Test func predictionsAreNoJudgments() throws {
        let study = try task(
            #"{"completed_by": 3, "was_cancelled": 0, "result": [\#(Self.left)]}"#,
            #", "predictions": [{"result": [\#(Self.left)]}, {"result": []}], "drafts": [{"result": []}]"#)
        #expect(study.items.flatMap(\.judgments).count == 1)
        #expect(study.leftOut == ["predictions of models": 2, "drafts": 1])
    }

    @Test func peopleWithoutANameAreSeveral() throws {
        let right = Self.left.replacingOccurrences(of: "left", with: "right")
        let study = try task(
            #"{"completed_by": null, "result": [\#(Self.left)]}, {"completed_by": null, "result": [\#(right)]}"#
        )
        #expect(study.items[0].judgments.map(\.annotator) == ["label-studio", "label-studio-unknown-2"])
        let argilla = try self.study(
            """
            [{"fields": {"prompt": "p", "response-1": "a", "response-2": "b"}, "responses": [
              {"user_id": null, "status": "submitted", "values": {"preference": {"value": "response-1"}}},
              {"user_id": null, "status": "submitted", "values": {"preference": {"value": "response-2"}}},
              {"user_id": "annotator-1", "values": {"preference": {"value": "response-2"}}},
              {"user_id": "annotator-2", "values": {"preference": {"value": "response-2"}}}]}]
            """, .argilla)
        #expect(
            argilla.items[0].judgments.map(\.annotator) == [
                "argilla-unknown", "argilla-unknown-2", "argilla-annotator-1", "argilla-annotator-2",
            ])
    }

    @Test func otherExportsOfLabelStudioAreNamed() throws {
        let error = #expect(throws: DataError.self) {
            try study(
                #"[{"prompt": "p", "response_1": "a", "response_2": "b", "annotator": 3, "annotation_id": 7}]"#,
                .labelStudio)
        }
        #expect(error?.found.contains("JSON_MIN") == true)
        #expect(error?.remedy == "export as JSON in Label Studio" && error?.line == 1)
        #expect(throws: DataError.self) { try study(#"[{"prompt": "p"}]"#, .labelStudio) }
    }

    @Test func draftsAndSuggestionsOfArgillaAreCounted() throws {
        let study = try study(
            """
            [{"fields": {"instruction": "Q", "response-1": "x", "response-2": "y"},
              "suggestions": {"preference": {"value": "response-1", "score": 0.9}},
              "responses": {"preference": [
                {"value": "response-1", "user_id": "u1", "status": "draft"},
                {"value": null, "user_id": "u2", "status": "discarded"},
                {"value": "response-2", "user_id": "u3", "status": "submitted"}]}},
             {"fields": {"instruction": "Q", "response-1": "x", "response-2": "z"}, "responses": {},
              "suggestions": [{"question_name": "preference", "value": "response-1"}]}]
            """, .argilla)
        #expect(study.items[0].judgments.map(\.annotator) == ["argilla-u3"])
        #expect(study.items[1].judgments.isEmpty)
        #expect(
            study.leftOut == [
                "suggestions of models": 2, "answers that are draft": 1, "answers that are discarded": 1,
            ])
    }

    @Test func ranksOfArgilla() throws {
        func verdicts(_ value: String) throws -> (said: [Opinion], unread: [String: Int]) {
            let study = try study(
                """
                [{"fields": {"instruction": "Q", "response-1": "x", "response-2": "y", "response-3": "z"},
                  "responses": {"ranking": [{"value": \(value), "user_id": "u", "status": "submitted"}]}}]
                """, .argilla)
            return (study.items[0].judgments.map(\.opinion), study.unread)
        }
        let gaps = try verdicts(
            #"[{"value": "response-1", "rank": 4}, {"value": "response-2", "rank": 2}, {"value": "response-3", "rank": 2}]"#
        )
        #expect(gaps.said == [Opinion(verdicts: ["": .ranking([3, 1, 1])])])
        // Without a rank it has not been ranked.
        let open = try verdicts(
            #"[{"value": "response-1", "rank": 1}, {"value": "response-2", "rank": null}, {"value": "response-3"}]"#
        )
        #expect(open.said.isEmpty && open.unread == ["ranking": 1])
    }
}
