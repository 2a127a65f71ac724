import Datasets
import Files
import Foundation
import JSON

/// A project as it is laid out for another tool: its items, each with all that people said about it.
struct ProjectForm {
    let project: Project
    let names: QuestionNames
    /// As many as the item with the most has.
    let responseCount: Int
    /// Whether any prompt is a conversation.
    let isConversational: Bool

    var definition: ProjectDefinition { project.definition }
    var aspects: [String] { definition.aspects.map(\.name) }

    init(_ project: Project, items: [Item], separator: Character) {
        self.project = project
        names = QuestionNames(separator: separator, aspects: project.definition.aspects.map(\.name))
        responseCount = items.map(\.responses.count).max() ?? 0
        isConversational = items.contains { $0.prompt.isConversation }
    }

    /// What is asked about an aspect.
    func title(_ part: OpinionPart, aspect: String, position: Int?) -> String {
        let asked = definition.aspects.first { $0.name == aspect }?.question ?? ""
        let question = asked.isEmpty ? definition.question : asked
        let subject = aspect.isEmpty || !asked.isEmpty ? question : "\(question) (\(aspect))"
        return position.map { "\(subject) (answer \($0 + 1))" } ?? subject
    }
}

/// Lists of objects that other tools read, written one object at a time.
enum ListFile {
    static func write<Element>(
        _ elements: some Sequence<Element>, to url: URL, _ convert: (Element) throws -> JSONValue
    ) throws {
        try AtomicFile.write(to: url) { writer in
            var separator = "[\n"
            for element in elements {
                try writer.write(Data((separator + convert(element).text()).utf8))
                separator = ",\n"
            }
            try writer.write(Data((separator == "[\n" ? "[]\n" : "\n]\n").utf8))
        }
    }
}
