import Datasets
import Foundation
import JSON

/// Reads what other tools wrote.
struct ToolImport {
    private let format: ToolFormat
    /// The aspects of the project that it is for, where there is one.
    private let aspects: [String]
    /// How often answers to a question were not understood, by its name.
    private(set) var unread: [String: Int] = [:]

    init(_ format: ToolFormat, aspects: [String]) {
        self.format = format
        self.aspects = aspects
    }

    private static let prompts = ["prompt", "instruction", "question", "chat", "messages", "input", "text"]
    private static let answers = [
        "response", "completion", "generation", "answer", "output", "chosen", "rejected", "candidate",
    ]

    /// - Throws: `DataError` with the line of what is not as it should be.
    mutating func read(_ url: URL) throws -> [ImportedItem] {
        var file = try ObjectFile(Self.file(url, format))
        var items: [ImportedItem] = []
        while var object = try file.next() {
            switch format {
            case .argilla: items.append(try argilla(&object))
            case .labelStudio: items.append(try labelStudio(&object))
            }
        }
        return items
    }

    /// In the folder of an export, what holds the items.
    private static func file(_ url: URL, _ format: ToolFormat) -> URL {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue
        else { return url }
        return url.appendingPathComponent(format == .argilla ? "records.json" : "tasks.json")
    }

    // MARK: Argilla

    private mutating func argilla(_ record: inout RowFields) throws -> ImportedItem {
        var item = try content(try record.object("fields"), at: record.place)
        let metadata = record.contains("metadata") ? try record.object("metadata") : [:]
        item.setPolicies(metadata["policies"]?.array)
        let known = Self.annotators(metadata["annotators"]?.array)
        guard let answers = record.remaining["responses"], !answers.isNull else { return item.item }
        var byPerson: [(person: String, answers: [(String, JSONValue)])] = []
        func add(_ person: String, _ name: String, _ value: JSONValue) {
            if let index = byPerson.firstIndex(where: { $0.person == person }) {
                byPerson[index].answers.append((name, value))
            } else {
                byPerson.append((person, [(name, value)]))
            }
        }
        for (person, name, value) in try Self.argillaAnswers(answers, at: record.place) {
            add(known[person] ?? "argilla-\(person.prefix(8))", name, value)
        }
        for (person, answers) in byPerson {
            var parts = OpinionParts(responseCount: item.item.responses.count)
            for (name, value) in answers where !item.reader.read(name, value, into: &parts) {
                unread[name, default: 0] += 1
            }
            item.add(parts.whole, by: person, seconds: 0, createdAt: nil, at: record.place)
        }
        return item.item
    }

    /// Answers by person and question: of Argilla 2 by question, `{QUESTION: [{"value", "user_id", "status"}]}`, of
    /// Argilla 1 by person, `[{"user_id", "status", "values": {QUESTION: {"value"}}}]`.
    private static func argillaAnswers(
        _ answers: JSONValue, at place: Place
    ) throws -> [(person: String, question: String, value: JSONValue)] {
        func isGiven(_ status: JSONValue?) -> Bool { status?.string.map { $0 == "submitted" } ?? true }
        func person(_ answer: JSONValue) -> String { answer["user_id"]?.string ?? "unknown" }
        if let questions = answers.object {
            return questions.flatMap { question in
                (question.value.array ?? []).filter { isGiven($0["status"]) }.compactMap { answer in
                    answer["value"].map { (person(answer), question.key, $0) }
                }
            }
        }
        guard let people = answers.array else {
            throw DataError(
                at: place, expected: "an object or a list in \"responses\"",
                found: answers.kindDescription, remedy: "fix or remove the record")
        }
        return people.filter { isGiven($0["status"]) }.flatMap { answer in
            (answer["values"]?.object ?? [:]).compactMap { question in
                question.value["value"].map { (person(answer), question.key, $0) }
            }
        }
    }

    private static func annotators(_ lines: [JSONValue]?) -> [String: String] {
        let pairs = (lines ?? []).compactMap { line -> (String, String)? in
            let words = line.string?.split(separator: " ", maxSplits: 1).map(String.init) ?? []
            return words.count == 2 ? (words[0], words[1]) : nil
        }
        return Dictionary(pairs) { first, _ in first }
    }

    // MARK: Label Studio

    private mutating func labelStudio(_ task: inout RowFields) throws -> ImportedItem {
        var item = try content(try task.object("data"), at: task.place)
        let meta = task.contains("meta") ? try task.object("meta") : [:]
        item.setPolicies(meta["policies"]?.array)
        guard task.contains("annotations") else { return item.item }
        for var annotation in try task.objects("annotations").map({ RowFields($0, place: task.place) }) {
            guard annotation.remaining["was_cancelled"]?.boolean != true else { continue }
            var parts = OpinionParts(responseCount: item.item.responses.count)
            for result in try annotation.objects("result") { read(result, item.reader, &parts) }
            item.add(
                parts.whole, by: Self.person(annotation.remaining["completed_by"], meta["annotators"]),
                seconds: annotation.remaining["lead_time"]?.number ?? 0,
                createdAt: annotation.remaining["created_at"]?.string, at: task.place)
        }
        return item.item
    }

    private mutating func read(_ result: JSONObject, _ reader: AnswerReader, _ parts: inout OpinionParts) {
        guard let name = result["from_name"]?.string, let type = result["type"]?.string else { return }
        let keys = ["pairwise": "selected", "textarea": "text"]
        guard let value = result["value"]?[keys[type] ?? type] else {
            unread[name, default: 0] += 1
            return
        }
        let subject = result["to_name"]?.string.flatMap { reader.responses[$0] }
        let suffix = "_neither"
        let isNeither = name.hasSuffix(suffix)
        let question = isNeither ? String(name.dropLast(suffix.count)) : name
        if !reader.read(question, value, of: subject, into: &parts) { unread[name, default: 0] += 1 }
    }

    private static func person(_ completedBy: JSONValue?, _ known: JSONValue?) -> String {
        let id = completedBy?.integer ?? completedBy?["id"]?.integer
        if let id, let name = known?["\(id)"]?.string { return name }
        return completedBy?["email"]?.string ?? id.map { "label-studio-\($0)" } ?? "label-studio"
    }

    // MARK: Prompts and answers

    private struct Content {
        var item: ImportedItem
        let reader: AnswerReader

        mutating func setPolicies(_ labels: [JSONValue]?) {
            for (position, label) in (labels ?? []).enumerated() where position < item.responses.count {
                guard let label = label.string, !label.isEmpty else { continue }
                item.responses[position].policy = Policy(labelled: label)
            }
        }

        mutating func add(
            _ opinion: Opinion, by person: String, seconds: Double, createdAt: String?, at place: Place
        ) {
            guard !opinion.isEmpty else { return }
            item.judgments.append(
                ImportedJudgment(
                    annotator: person, opinion: opinion, seconds: seconds,
                    createdAt: createdAt.flatMap(ImportedJudgment.date), place: place))
        }
    }

    private func content(_ columns: JSONObject, at place: Place) throws -> Content {
        var fields = RowFields(columns, place: place)
        let named = columns.keys.filter { key in
            Self.answers.contains { key.lowercased().hasPrefix($0) } && columns[key]?.string != nil
        }
        guard
            let prompt = Self.prompts.first(where: fields.contains)
                ?? columns.keys.first(where: {
                    !named.contains($0) && columns[$0]?.string != nil
                })
        else {
            throw DataError(
                at: place,
                expected: "a prompt (one of \(Self.prompts.joined(separator: ", ")))",
                found: columns.keys.isEmpty ? "no field" : columns.keys.joined(separator: ", "),
                remedy: "rename the field of the prompt")
        }
        var responses: [ItemResponse] = named.compactMap { columns[$0]?.string }.map {
            ItemResponse(text: $0)
        }
        var positions = Dictionary(uniqueKeysWithValues: named.enumerated().map { ($1, $0) })
        let lists = columns.filter { !named.contains($0.key) && $0.key != prompt }.compactMap(\.value.array)
        for list in lists {
            for (index, element) in list.enumerated() {
                guard let text = element["body"]?.string ?? element["text"]?.string else { continue }
                let position = named.isEmpty ? responses.count : index
                if named.isEmpty { responses.append(ItemResponse(text: text)) }
                if let id = element["id"]?.string, position < responses.count { positions[id] = position }
            }
        }
        guard !responses.isEmpty else {
            throw DataError(
                at: place,
                expected:
                    "answers (fields that begin with \(Self.answers.prefix(5).joined(separator: ", ")))",
                found: columns.keys.joined(separator: ", "), remedy: "rename the fields of the answers")
        }
        let separator: Character = format == .argilla ? "-" : "_"
        return Content(
            item: ImportedItem(prompt: try fields.text(prompt), responses: responses),
            reader: AnswerReader(
                names: QuestionNames(separator: separator, aspects: aspects), responses: positions,
                responseCount: responses.count))
    }
}

extension Policy {
    /// A hash, or the name where it is none.
    init(labelled label: String) {
        let isHash = label.count == 64 && label.allSatisfy(\.isHexDigit)
        self.init(name: isHash ? String(label.prefix(12)) : label, hash: isHash ? label : "")
    }
}
