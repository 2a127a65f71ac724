import Datasets
import Files
import Foundation
import TestSupport

@testable import Feedback

extension FuzzFormat {
    /// What people said, in other tools' files and in rows.
    static let studies = [
        FuzzFormat(
            "label-studio", .json, sources: ["Feedback/Exchange/Tools/ObjectFile.swift"],
            samples: (exported(.labelStudio, "tasks.json") + [
                """
                [{"id": 1, "data": {"prompt": "Q", "answer1": "x", "answer2": "y"}, "annotations": [
                  {"completed_by": {"id": 3, "email": "ada@example.org"}, "lead_time": 4.5,
                   "created_at": "2021-03-09T22:16:08.728353Z",
                   "result": [{"from_name": "pw", "to_name": "answer1", "type": "pairwise",
                               "value": {"selected": "right"}}]},
                  {"completed_by": 4, "was_cancelled": true, "result": []}]}]
                """
            ]).map { Array($0.utf8) }
        ) { try importer(into: $0) { try ImportedStudy($0.file("tasks.json"), .labelStudio) } },
        FuzzFormat(
            "argilla", .json, sources: [],
            samples: (exported(.argilla, "records.json") + [
                """
                [{"fields": {"instruction": "Q", "generation_1": "x", "generation_2": "y"},
                  "responses": {"rank": [{"value": ["generation_2", "generation_1"], "user_id": "u1"}],
                                "comments": [{"value": "short", "user_id": "u1", "status": "submitted"}]}}]
                """,
                """
                {"fields": {"prompt": "Q", "response": "x"}, "responses": [{"user_id": "u1", "status": "submitted",
                 "values": {"quality": {"value": 4}}}]}
                """,
            ]).map { Array($0.utf8) }
        ) { try importer(into: $0) { try ImportedStudy($0.file("records.json"), .argilla) } },
        FuzzFormat(
            "judgments", .json, sources: [],
            samples: [
                #"{"prompt": "a", "response": "b", "rating": 3, "scale": [1, 5], "annotator": "Ada", "group": "x"}"#,
                #"{"prompt": "a", "chosen": "b", "rejected": "c", "margin": 0.5, "annotator": "Bob", "reason": "so"}"#,
                #"{"prompt": "a", "responses": ["b", "c", "d"], "ranking": [1, 2, 2]}"#,
                #"{"prompt": "a", "completion": "b", "label": false}"#,
            ].map { Array($0.utf8) }
        ) { try importer(into: $0) { try ImportedStudy(rows: [$0.file("rows.jsonl")]) } },
    ]

    /// Reads a study, works out a project for it and, now and then as it takes long, puts it into a store.
    private static func importer(
        into folder: URL, _ study: @escaping (FuzzInput) throws -> ImportedStudy
    ) throws -> Reader {
        let store = try FeedbackStore(at: folder.appending(path: "store.sqlite"), .create, seed: 1)
        return { input in
            let study = try study(input)
            try study.definition()?.validate()
            if input.index.isMultiple(of: 16) { try store.add(study, to: "p\(input.index)") }
        }
    }

    private static func exported(_ format: ToolFormat, _ name: String) -> [String] {
        guard let folder = try? TemporaryFolder(), let store = try? judgedStore(in: folder.url) else {
            return []
        }
        let output = folder.item("export")
        _ = try? JudgmentExport.write(format, of: JudgmentSelection(), from: store, to: output)
        return [(try? folder.text(of: "export/\(name)")) ?? ""]
    }

    /// A store in which two people have compared the answers of two models.
    static func judgedStore(in folder: URL) throws -> FeedbackStore {
        let store = try FeedbackStore(at: folder.appending(path: "feedback.sqlite"), .create, seed: 7) {
            Date(timeIntervalSince1970: 1_800_000_000)
        }
        let project = try store.write(by: nil) { writer in
            var definition = ProjectDefinition(task: .compare)
            definition.aspects = [Aspect("helpful"), Aspect("kind")]
            definition.overlap = 2
            let project = try writer.createProject("cats", definition)
            let responses = ["a", "b"].map {
                ItemResponse(text: "answer \($0)", policy: Policy(name: $0, hash: "h\($0)"))
            }
            try writer.addItems([NewItem(prompt: .plain("Cat?"), responses: responses)], to: project.id)
            return project.id
        }
        for (name, request) in [("Ada", "1"), ("Bob", "2")] {
            let request = UUID(uuidString: "E621E1F8-C36C-495A-93FC-0C247A3E6E5\(request)") ?? UUID()
            let person = try store.write(by: nil) {
                try $0.addAnnotator(name: name, role: .annotator, groups: [:])
            }
            try store.write(by: person) { writer in
                for assignment in try writer.nextAssignments(1, for: person, in: project) {
                    let opinion = Opinion(
                        verdicts: ["helpful": .better(0, strength: 2), "kind": .tie], flags: [1: [.unsafe]],
                        reason: "so")
                    try writer.submit(
                        Submission(
                            assignment: assignment.id, request: request, opinion: opinion, seconds: 12.5))
                }
            }
        }
        return store
    }

    /// The bytes of a store.
    static let stores = [
        FuzzFormat("store", .binary, sources: [], samples: [storeBytes]) { _ in
            { input in
                for file in ["store.sqlite-wal", "store.sqlite-shm"] {
                    try? FileManager.default.removeItem(at: input.folder.appending(path: file))
                }
                let store = try FeedbackStore(at: input.file("store.sqlite"), .reading)
                defer { try? store.close() }
                try store.read { reader in
                    for project in try reader.projects() {
                        _ = try reader.items(in: project.id)
                        _ = try reader.judgments(in: project.id)
                        _ = try reader.progress(in: project.id)
                        _ = try reader.studyReport(of: project.id)
                    }
                    try reader.verifyAudit()
                }
            }
        }
    ]

    private static let storeBytes: [UInt8] = {
        guard let folder = try? TemporaryFolder(), let store = try? judgedStore(in: folder.url) else {
            return []
        }
        try? store.close()
        return (try? Array(Data(contentsOf: store.url))) ?? []
    }()
}
