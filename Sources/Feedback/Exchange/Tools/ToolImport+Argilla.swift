import Datasets
import Foundation
import JSON

/// Records of Argilla, as `records.json` of a dataset on disk and the server's API have them.
extension ToolImport {
    mutating func argilla(_ record: inout RowFields) throws -> ImportedItem {
        var item = try content(try record.object("fields"), at: record.place)
        let metadata = record.contains("metadata") ? try record.object("metadata") : [:]
        item.setPolicies(metadata["policies"]?.array)
        let known = Self.annotators(metadata["annotators"]?.array)
        leaveOut(Self.count(record.remaining["suggestions"]), "suggestions of models")
        guard let answers = record.remaining["responses"], !answers.isNull else { return item.item }
        for (person, answers) in try submitted(answers, at: record.place) {
            var parts = OpinionParts(responseCount: item.item.responses.count)
            for (name, value) in answers {
                try read(name, value, item.reader, at: record.place, into: &parts)
            }
            try item.add(parts.whole, by: known[person] ?? Self.name(person), at: record.place)
        }
        return item.item
    }

    private typealias Answer = (person: String, status: String?, question: String, value: JSONValue)

    /// What people submitted, by person in the order in which they first appear.
    private mutating func submitted(
        _ answers: JSONValue, at place: Place
    ) throws -> [(person: String, answers: [(String, JSONValue)])] {
        var byPerson: [(person: String, answers: [(String, JSONValue)])] = []
        for answer in try Self.answers(answers, at: place) {
            guard answer.status == nil || answer.status == "submitted" else {
                leaveOut(1, "answers that are \(answer.status ?? "")")
                continue
            }
            let index = byPerson.firstIndex { $0.person == answer.person } ?? byPerson.count
            if index == byPerson.count { byPerson.append((answer.person, [])) }
            byPerson[index].answers.append((answer.question, answer.value))
        }
        return byPerson
    }

    /// Answers by person and question: of Argilla 2 by question, `{QUESTION: [{"value", "user_id", "status"}]}`, of
    /// Argilla 1 by person, `[{"user_id", "status", "values": {QUESTION: {"value"}}}]`.
    private static func answers(_ answers: JSONValue, at place: Place) throws -> [Answer] {
        if let questions = answers.object {
            return questions.flatMap { question -> [Answer] in
                let given = question.value.array ?? []
                return zip(people(given), given).map { person, answer in
                    (person, answer["status"]?.string, question.key, answer["value"] ?? .null)
                }
            }
        }
        guard let given = answers.array else {
            throw DataError(
                file: place.file, line: place.line, expected: "an object or a list in \"responses\"",
                found: answers.kindDescription, remedy: "fix or remove the record")
        }
        return zip(people(given), given).flatMap { person, answer -> [Answer] in
            (answer["values"]?.object ?? [:]).map { question in
                (person, answer["status"]?.string, question.key, question.value["value"] ?? .null)
            }
        }
    }

    /// Who gave each answer. Those whose names are gone are several people, one an answer.
    private static func people(_ answers: [JSONValue]) -> [String] {
        var unknown = 0
        return answers.map { answer in
            if let person = answer["user_id"]?.string { return person }
            unknown += 1
            return unknown == 1 ? "unknown" : "unknown-\(unknown)"
        }
    }

    private static func name(_ person: String) -> String {
        "argilla-\(UUID(uuidString: person) == nil ? person : String(person.prefix(8)))"
    }

    private static func count(_ suggestions: JSONValue?) -> Int {
        suggestions?.object?.count ?? suggestions?.array?.count ?? 0
    }

    private static func annotators(_ lines: [JSONValue]?) -> [String: String] {
        let pairs = (lines ?? []).compactMap { line -> (String, String)? in
            let words = line.string?.split(separator: " ", maxSplits: 1).map(String.init) ?? []
            return words.count == 2 ? (words[0], words[1]) : nil
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
