import Datasets
import Files
import Foundation
import Hashing
import JSON

/// A project as a folder that Argilla 2's `rg.Dataset.from_disk` reads: `records.json` beside `.argilla/settings.json` and
/// `.argilla/dataset.json`.
struct ArgillaExport {
    let form: ProjectForm
    let naming: AnnotatorNaming
    /// Told apart from those of other stores.
    let store: String

    func write(_ items: [Item], judgments: [Item.ID: [Judgment]], to folder: URL) throws {
        let configuration = folder.appendingPathComponent(".argilla")
        try FileSystem.createFolder(configuration)
        try write(settings, to: configuration.appendingPathComponent("settings.json"))
        try write(dataset, to: configuration.appendingPathComponent("dataset.json"))
        try ListFile.write(items, to: folder.appendingPathComponent("records.json")) {
            record($0, judgments[$0.id] ?? [])
        }
    }

    private func write(_ value: JSONValue, to url: URL) throws {
        try AtomicFile.write(Data((value.text(.expanded) + "\n").utf8), to: url)
    }

    // MARK: Settings

    private var dataset: JSONValue {
        ["name": .string(form.project.name), "status": "draft", "allow_extra_metadata": true]
    }

    private var settings: JSONValue {
        let overlap = JSONValue.integer(form.definition.overlap)
        return [
            "guidelines": form.definition.guidelines.isEmpty ? .null : .string(form.definition.guidelines),
            "fields": .array(fields), "questions": .array(questions), "vectors": [], "metadata": [],
            "allow_extra_metadata": true,
            "distribution": ["strategy": "overlap", "min_submitted": overlap], "mapping": .null,
        ]
    }

    private var fields: [JSONValue] {
        let prompt = field("prompt", form.isConversational ? "chat" : "text", required: true)
        return [prompt]
            + (0..<form.responseCount).map { field(form.names.response($0), "text", required: $0 == 0) }
    }

    private func field(_ name: String, _ type: String, required: Bool) -> JSONValue {
        [
            "name": .string(name), "title": .string(name), "required": .boolean(required),
            "settings": ["type": .string(type), "use_markdown": true],
        ]
    }

    private var questions: [JSONValue] {
        let definition = form.definition
        let perAspect = form.aspects.flatMap { aspect -> [JSONValue] in
            switch definition.task {
            case .compare, .chat: preference(aspect)
            case .rank:
                [
                    question(
                        .ranking, aspect, type: "ranking", options: named(positions.map(form.names.response)))
                ]
            case .rate:
                positions.map { position in
                    let marks = (definition.lowestMark...definition.highestMark).map { mark in
                        JSONValue.object(["value": .integer(mark)])
                    }
                    return question(.rating, aspect, position, type: "rating", options: marks)
                }
            case .thumbs:
                positions.map {
                    question(.good, aspect, $0, type: "label_selection", options: named(["yes", "no"]))
                }
            case .edit: []
            }
        }
        let isEdited = definition.allowsEdit || definition.task == .edit
        let edits = isEdited ? positions.map { text(.edit, $0, required: definition.task == .edit) } : []
        let flags = positions.map {
            question(
                .flags, "", $0, type: "multi_label_selection", options: named(Flag.allCases.map(\.rawValue)),
                required: false)
        }
        let reason =
            definition.reason == .never ? [] : [text(.reason, nil, required: definition.reason == .required)]
        return perAspect + edits + flags + reason
    }

    private var positions: Range<Int> { 0..<form.responseCount }

    private func preference(_ aspect: String) -> [JSONValue] {
        let definition = form.definition
        let choices =
            positions.map(form.names.response) + (definition.allowsTie ? ["tie"] : [])
            + (definition.allowsBothBad ? ["both-bad"] : [])
        let preference = question(.preference, aspect, type: "label_selection", options: named(choices))
        guard definition.strengths > 1 else { return [preference] }
        let degrees = (1...definition.strengths).map { JSONValue.object(["value": .integer($0)]) }
        return [preference, question(.strength, aspect, type: "rating", options: degrees, required: false)]
    }

    private func named(_ values: [String]) -> [JSONValue] {
        values.map { ["value": .string($0), "text": .string($0)] }
    }

    private func question(
        _ part: OpinionPart, _ aspect: String, _ position: Int? = nil, type: String, options: [JSONValue],
        required: Bool = true
    ) -> JSONValue {
        [
            "name": .string(form.names.name(part, aspect: aspect, position: position)),
            "title": .string(form.title(part, aspect: aspect, position: position)),
            "required": .boolean(required),
            "settings": ["type": .string(type), "options": .array(options)],
        ]
    }

    private func text(_ part: OpinionPart, _ position: Int?, required: Bool) -> JSONValue {
        [
            "name": .string(form.names.name(part, position: position)),
            "title": .string(position.map { "\(part.rawValue) (answer \($0 + 1))" } ?? part.rawValue),
            "required": .boolean(required), "settings": ["type": "text", "use_markdown": false],
        ]
    }

    // MARK: Records

    private func record(_ item: Item, _ judgments: [Judgment]) -> JSONValue {
        var fields: JSONObject = ["prompt": prompt(item)]
        for (position, response) in item.responses.enumerated() {
            fields[form.names.response(position)] = .string(response.text)
        }
        var responses: JSONObject = [:]
        for judgment in judgments {
            for (name, value) in values(judgment.opinion) {
                let response: JSONValue = [
                    "value": value, "user_id": .string(userID(judgment.annotator)), "status": "submitted",
                ]
                responses[name] = .array((responses[name]?.array ?? []) + [response])
            }
        }
        return [
            "id": .string("\(item.id)"), "fields": .object(fields), "metadata": metadata(item, judgments),
            "suggestions": [:], "responses": .object(responses), "vectors": [:],
        ]
    }

    private func prompt(_ item: Item) -> JSONValue {
        guard form.isConversational, case .plain(let text) = item.prompt else { return item.prompt.json }
        return [["role": "user", "content": .string(text)]]
    }

    /// Argilla knows people by UUIDs; `annotators` says who they are here.
    private func metadata(_ item: Item, _ judgments: [Judgment]) -> JSONValue {
        let annotators = judgments.map { "\(userID($0.annotator)) \(naming.name(of: $0))" }
        var metadata: JSONObject = ["kind": .string(item.kind.rawValue)]
        if !annotators.isEmpty { metadata["annotators"] = .array(annotators.map { .string($0) }) }
        let policies = item.responses.map { $0.policy?.label ?? "" }
        if policies.contains(where: { !$0.isEmpty }) {
            metadata["policies"] = .array(policies.map { .string($0) })
        }
        return .object(metadata)
    }

    /// The same person has the same UUID in every export of a store: version 8 of RFC 9562, of a hash.
    private func userID(_ annotator: Annotator.ID) -> String {
        var bytes = SHA256.hash(of: "\(store) annotator \(annotator)").prefix(16)
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let ends = [0, 8, 12, 16, 20, 32]
        let characters = Array(bytes.hexadecimal)
        return zip(ends, ends.dropFirst()).map { String(characters[$0..<$1]) }.joined(separator: "-")
    }

    private func values(_ opinion: Opinion) -> [(name: String, value: JSONValue)] {
        var values: [(name: String, value: JSONValue)] = []
        let names = form.names
        for (aspect, verdict) in opinion.verdicts.sorted(by: { $0.key < $1.key }) {
            let preference = names.name(.preference, aspect: aspect)
            switch verdict {
            case .better(let position, let strength):
                values.append((preference, .string(names.response(position))))
                if form.definition.strengths > 1 {
                    values.append((names.name(.strength, aspect: aspect), .integer(strength)))
                }
            case .tie: values.append((preference, "tie"))
            case .bothBad: values.append((preference, "both-bad"))
            case .ranking(let ranks):
                let order = ranks.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
                let ranked = order.map { position -> JSONValue in
                    ["value": .string(names.response(position)), "rank": .integer(ranks[position])]
                }
                values.append((names.name(.ranking, aspect: aspect), .array(ranked)))
            case .marks(let marks):
                for (position, mark) in marks.enumerated() {
                    values.append((names.name(.rating, aspect: aspect, position: position), .integer(mark)))
                }
            case .thumbs(let thumbs):
                for (position, isGood) in thumbs.enumerated() {
                    let name = names.name(.good, aspect: aspect, position: position)
                    values.append((name, isGood ? "yes" : "no"))
                }
            }
        }
        for (position, text) in opinion.edits.sorted(by: { $0.key < $1.key }) {
            values.append((names.name(.edit, position: position), .string(text)))
        }
        for (position, flags) in opinion.flags.sorted(by: { $0.key < $1.key }) {
            values.append(
                (names.name(.flags, position: position), .array(flags.map { .string($0.rawValue) })))
        }
        if !opinion.reason.isEmpty { values.append((names.name(.reason), .string(opinion.reason))) }
        return values
    }
}
