import Datasets
import Foundation
import TestSupport

@testable import Feedback

/// A store in which people have judged one item.
struct JudgedStore {
    let folder: TemporaryFolder
    let store: FeedbackStore
    let project: Project.ID

    static let prompt = Text.plain("What is a cat?")

    /// - Parameters:
    ///   - texts: the answers; the policy of the first is called `a`, of the second `b`, and so on.
    ///   - opinions: what people say about them, by their names.
    init(
        _ definition: ProjectDefinition, prompt: Text = prompt, texts: [String],
        opinions: KeyValuePairs<String, Opinion>, groups: [String: [String: String]] = [:]
    ) throws {
        folder = try TemporaryFolder()
        store = try FeedbackStore(at: folder.item("feedback.sqlite"), .create, seed: 7) {
            Date(timeIntervalSince1970: 1_800_000_000)
        }
        var definition = definition
        definition.overlap = max(1, opinions.count)
        let responses = zip(["a", "b", "c"], texts).map { name, text in
            ItemResponse(text: text, policy: Policy(name: name, hash: "hash \(name)"))
        }
        project = try store.write(by: nil) { [definition] writer in
            let project = try writer.createProject("cats", definition)
            try writer.addItems([NewItem(prompt: prompt, responses: responses)], to: project.id)
            return project.id
        }
        for (name, opinion) in opinions { try judge(as: name, opinion, groups: groups[name] ?? [:]) }
    }

    func judge(as name: String, _ opinion: Opinion, groups: [String: String] = [:]) throws {
        let person = try store.write(by: nil) { writer in
            try writer.addAnnotator(name: name, role: .annotator, groups: groups)
        }
        try store.write(by: person) { writer in
            for assignment in try writer.nextAssignments(1, for: person, in: project) {
                try writer.submit(
                    Submission(assignment: assignment.id, request: UUID(), opinion: opinion, seconds: 12.5))
            }
        }
    }

    func argument() throws -> StoreArgument {
        guard let argument = try StoreArgument(store.url.path) else { throw CocoaError(.fileReadNoSuchFile) }
        return argument
    }

    /// All that people said, by their names.
    static func opinions(in store: FeedbackStore, project name: String) throws -> [String: [Opinion]] {
        try store.read { reader in
            let judgments = try reader.project(named: name).map { try reader.judgments(in: $0.id) } ?? []
            return Dictionary(grouping: judgments, by: \.annotatorName).mapValues { $0.map(\.opinion) }
        }
    }
}
