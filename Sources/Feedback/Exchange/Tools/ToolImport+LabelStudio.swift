import Datasets
import JSON

/// Tasks of Label Studio, as its export "JSON" has them.
extension ToolImport {
    mutating func labelStudio(_ task: inout RowFields) throws -> ImportedItem {
        try Self.checkForm(task)
        var item = try content(try task.object("data"), at: task.place)
        let meta = task.contains("meta") ? try task.object("meta") : [:]
        item.setPolicies(meta["policies"]?.array)
        leaveOut(task.remaining["predictions"]?.array?.count ?? 0, "predictions of models")
        leaveOut(task.remaining["drafts"]?.array?.count ?? 0, "drafts")
        guard task.contains("annotations") else { return item.item }
        var unknown = 0
        for annotation in try task.objects("annotations") {
            guard let results = try results(of: annotation, at: task.place) else { continue }
            var parts = OpinionParts(responseCount: item.item.responses.count)
            for result in results { try read(result, item.reader, at: task.place, &parts) }
            let person = Self.person(annotation["completed_by"], meta["annotators"])
            if person == nil { unknown += 1 }
            try item.add(
                parts.whole, by: person ?? Self.stranger(unknown), seconds: annotation["lead_time"],
                createdAt: annotation["created_at"], at: task.place)
        }
        return item.item
    }

    /// Other exports of Label Studio leave out what tells a prompt from an answer.
    private static func checkForm(_ task: RowFields) throws {
        guard !task.contains("data") else { return }
        let isMinimal = ["annotation_id", "annotator", "lead_time"].contains(where: task.contains)
        throw DataError(
            file: task.place.file, line: task.place.line, expected: "tasks with \"data\" and \"annotations\"",
            found: isMinimal
                ? "Label Studio's JSON_MIN export, which does not say what each column is"
                : task.remaining.keys.joined(separator: ", "),
            remedy: "export as JSON in Label Studio")
    }

    /// What a person said; nil where it does not count.
    private mutating func results(of annotation: JSONObject, at place: Place) throws -> [JSONObject]? {
        let cancelled = annotation["was_cancelled"]
        guard cancelled?.boolean != true, cancelled?.number ?? 0 == 0 else {
            leaveOut(1, "cancelled annotations")
            return nil
        }
        var fields = RowFields(annotation, place: place)
        guard fields.contains("result"), annotation["result"] != .array([]) else {
            leaveOut(1, "annotations without a result")
            return nil
        }
        return try fields.objects("result")
    }

    private mutating func read(
        _ result: JSONObject, _ reader: AnswerReader, at place: Place, _ parts: inout OpinionParts
    ) throws {
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
        try read(question, value, of: subject, reader, at: place, into: &parts)
    }

    /// Nil where nobody is named.
    private static func person(_ completedBy: JSONValue?, _ known: JSONValue?) -> String? {
        let id = completedBy?.integer ?? completedBy?["id"]?.integer
        if let id, let name = known?["\(id)"]?.string { return name }
        return completedBy?["email"]?.string ?? completedBy?.string ?? id.map { "label-studio-\($0)" }
    }

    /// Annotations of one task that name nobody are of several people.
    private static func stranger(_ number: Int) -> String {
        number == 1 ? "label-studio" : "label-studio-unknown-\(number)"
    }
}
