import Datasets
import Files
import Foundation
import JSON

/// A project as a folder for Label Studio: `config.xml` to set a project up with, and `tasks.json` to import.
struct LabelStudioExport {
    let form: ProjectForm
    let naming: AnnotatorNaming

    private static let prompt = "prompt"
    private static let list = "responses"

    func write(_ items: [Item], judgments: [Item.ID: [Judgment]], to folder: URL) throws {
        try AtomicFile.write(Data(configuration.utf8), to: folder.appendingPathComponent("config.xml"))
        try ListFile.write(items, to: folder.appendingPathComponent("tasks.json")) {
            task($0, judgments[$0.id] ?? [])
        }
    }

    // MARK: Labelling interface

    private var positions: Range<Int> { 0..<form.responseCount }

    private var configuration: String {
        let definition = form.definition
        var tags = [Tag("Header", ["value": definition.question]), prompt]
        if definition.task == .rank {
            tags.append(Tag("List", ["name": Self.list, "value": "$\(Self.list)"]))
        } else {
            tags += positions.map { text(form.names.response($0)) }
        }
        tags += form.aspects.flatMap(controls)
        let subject = definition.task == .rank ? Self.list : nil
        for position in positions {
            let response = subject ?? form.names.response(position)
            if definition.allowsEdit || definition.task == .edit {
                tags.append(textArea(form.names.name(.edit, position: position), of: response))
            }
            tags.append(
                choices(
                    form.names.name(.flags, position: position), of: response, Flag.allCases.map(\.rawValue),
                    isMultiple: true))
        }
        if definition.reason != .never { tags.append(textArea(form.names.name(.reason), of: Self.prompt)) }
        return Tag("View", [:], tags).text() + "\n"
    }

    private var prompt: Tag {
        form.isConversational
            ? Tag(
                "Paragraphs",
                [
                    "name": Self.prompt, "value": "$\(Self.prompt)", "layout": "dialogue", "nameKey": "role",
                    "textKey": "content",
                ])
            : text(Self.prompt)
    }

    private func text(_ name: String) -> Tag { Tag("Text", ["name": name, "value": "$\(name)"]) }

    private func textArea(_ name: String, of object: String) -> Tag {
        Tag("TextArea", ["name": name, "toName": object, "maxSubmissions": "1", "editable": "true"])
    }

    private func choices(
        _ name: String, of object: String, _ values: [String], isMultiple: Bool = false
    ) -> Tag {
        let attributes: KeyValuePairs = [
            "name": name, "toName": object, "choice": isMultiple ? "multiple" : "single",
        ]
        return Tag("Choices", attributes, values.map { Tag("Choice", ["value": $0]) })
    }

    private func controls(_ aspect: String) -> [Tag] {
        let (definition, names) = (form.definition, form.names)
        func header(_ part: OpinionPart, _ position: Int? = nil) -> Tag {
            Tag("Header", ["value": form.title(part, aspect: aspect, position: position)])
        }
        switch definition.task {
        case .compare, .chat:
            let name = names.name(.preference, aspect: aspect)
            let both = positions.map(names.response).joined(separator: ",")
            let others =
                (definition.allowsTie ? ["tie"] : []) + (definition.allowsBothBad ? ["both-bad"] : [])
            var tags = [header(.preference), Tag("Pairwise", ["name": name, "toName": both])]
            if !others.isEmpty { tags.append(choices(neither(aspect), of: Self.prompt, others)) }
            if definition.strengths > 1 {
                tags.append(
                    Tag(
                        "Rating",
                        [
                            "name": names.name(.strength, aspect: aspect), "toName": Self.prompt,
                            "maxRating": "\(definition.strengths)",
                        ]))
            }
            return tags
        case .rank:
            let buckets = positions.map { Tag("Bucket", ["name": "rank_\($0 + 1)", "title": "\($0 + 1)"]) }
            let name = names.name(.ranking, aspect: aspect)
            return [header(.ranking), Tag("Ranker", ["name": name, "toName": Self.list], buckets)]
        case .rate:
            return positions.flatMap { position in
                let name = names.name(.rating, aspect: aspect, position: position)
                let range = ["\(definition.lowestMark)", "\(definition.highestMark)"]
                return [
                    header(.rating, position),
                    Tag(
                        "Number",
                        [
                            "name": name, "toName": names.response(position), "min": range[0],
                            "max": range[1],
                        ]),
                ]
            }
        case .thumbs:
            return positions.flatMap { position in
                [
                    header(.good, position),
                    choices(
                        names.name(.good, aspect: aspect, position: position), of: names.response(position),
                        ["yes", "no"]),
                ]
            }
        case .edit: return []
        }
    }

    /// What a comparison says where neither answer is better.
    private func neither(_ aspect: String) -> String {
        form.names.name(.preference, aspect: aspect) + "_neither"
    }

    // MARK: Tasks

    private func task(_ item: Item, _ judgments: [Judgment]) -> JSONValue {
        var data: JSONObject = ["prompt": prompt(item), "item": .integer(Int(item.id))]
        for (position, response) in item.responses.enumerated() {
            data[form.names.response(position)] = .string(response.text)
        }
        if form.definition.task == .rank {
            data[Self.list] = .array(
                item.responses.enumerated().map { position, response in
                    [
                        "id": .string(form.names.response(position)),
                        "title": .string("Answer \(position + 1)"), "body": .string(response.text),
                    ]
                })
        }
        let people = judgments.map { (key: "\($0.annotator)", value: JSONValue.string(naming.name(of: $0))) }
        var meta: JSONObject = [
            "kind": .string(item.kind.rawValue), "annotators": .object(JSONObject(people)),
        ]
        let policies = item.responses.map { $0.policy?.label ?? "" }
        if policies.contains(where: { !$0.isEmpty }) {
            meta["policies"] = .array(policies.map { .string($0) })
        }
        return [
            "id": .integer(Int(item.id)), "data": .object(data), "meta": .object(meta),
            "annotations": .array(judgments.map(annotation)), "predictions": [],
        ]
    }

    private func prompt(_ item: Item) -> JSONValue {
        guard form.isConversational, case .plain(let text) = item.prompt else { return item.prompt.json }
        return [["role": "user", "content": .string(text)]]
    }

    private func annotation(_ judgment: Judgment) -> JSONValue {
        let results = self.results(judgment.opinion).enumerated().map { index, result in
            JSONValue.object([
                "id": .string("\(judgment.id)-\(index + 1)"), "from_name": .string(result.name),
                "to_name": .string(result.object), "type": .string(result.type),
                "value": .object([result.key: result.value]),
            ])
        }
        return [
            "id": .integer(Int(judgment.id)), "completed_by": .integer(Int(judgment.annotator)),
            "created_at": .string(judgment.createdAt.formatted(.iso8601)),
            "lead_time": .number(judgment.seconds), "was_cancelled": false, "ground_truth": false,
            "result": .array(results),
        ]
    }

    private struct Result {
        let name: String
        let object: String
        let type: String
        /// The member of `value` that holds it.
        let key: String
        let value: JSONValue
    }

    private func results(_ opinion: Opinion) -> [Result] {
        let names = form.names
        func subject(_ position: Int) -> String {
            form.definition.task == .rank ? Self.list : names.response(position)
        }
        var results = opinion.verdicts.sorted { $0.key < $1.key }
            .flatMap { self.results($0.value, aspect: $0.key) }
        for (position, text) in opinion.edits.sorted(by: { $0.key < $1.key }) {
            let name = names.name(.edit, position: position)
            results.append(
                Result(
                    name: name, object: subject(position), type: "textarea", key: "text",
                    value: [.string(text)]))
        }
        for (position, flags) in opinion.flags.sorted(by: { $0.key < $1.key }) {
            results.append(
                choice(
                    names.name(.flags, position: position), of: subject(position), flags.map(\.rawValue)))
        }
        if !opinion.reason.isEmpty {
            results.append(
                Result(
                    name: names.name(.reason), object: Self.prompt, type: "textarea", key: "text",
                    value: [.string(opinion.reason)]))
        }
        return results
    }

    private func results(_ verdict: ItemVerdict, aspect: String) -> [Result] {
        let names = form.names
        let preference = names.name(.preference, aspect: aspect)
        switch verdict {
        case .better(let position, let strength):
            let side: JSONValue = position == 0 ? "left" : "right"
            let chosen = Result(
                name: preference, object: preference, type: "pairwise", key: "selected", value: side)
            guard form.definition.strengths > 1 else { return [chosen] }
            return [
                chosen,
                Result(
                    name: names.name(.strength, aspect: aspect), object: Self.prompt, type: "rating",
                    key: "rating", value: .integer(strength)),
            ]
        case .tie: return [choice(neither(aspect), of: Self.prompt, ["tie"])]
        case .bothBad: return [choice(neither(aspect), of: Self.prompt, ["both-bad"])]
        case .ranking(let ranks):
            var buckets: JSONObject = [:]
            for rank in Set(ranks).sorted() {
                let members = ranks.indices.filter { ranks[$0] == rank }
                buckets["rank_\(rank)"] = .array(members.map { .string(names.response($0)) })
            }
            let name = names.name(.ranking, aspect: aspect)
            return [
                Result(name: name, object: Self.list, type: "ranker", key: "ranker", value: .object(buckets))
            ]
        case .marks(let marks):
            return marks.enumerated().map { position, mark in
                Result(
                    name: names.name(.rating, aspect: aspect, position: position),
                    object: names.response(position), type: "number", key: "number", value: .integer(mark))
            }
        case .thumbs(let thumbs):
            return thumbs.enumerated().map { position, isGood in
                choice(
                    names.name(.good, aspect: aspect, position: position), of: names.response(position),
                    [isGood ? "yes" : "no"])
            }
        }
    }

    private func choice(_ name: String, of object: String, _ values: [String]) -> Result {
        Result(
            name: name, object: object, type: "choices", key: "choices",
            value: .array(values.map { .string($0) }))
    }
}

/// An element of XML.
private struct Tag {
    let name: String
    let attributes: [(name: String, value: String)]
    let children: [Tag]

    init(_ name: String, _ attributes: KeyValuePairs<String, String>, _ children: [Tag] = []) {
        self.name = name
        self.attributes = attributes.map { (name: $0.key, value: $0.value) }
        self.children = children
    }

    func text(indent: String = "") -> String {
        let opening =
            "\(indent)<\(name)" + attributes.map { " \($0.name)=\"\(Self.escaped($0.value))\"" }.joined()
        guard !children.isEmpty else { return opening + "/>" }
        let inner = children.map { $0.text(indent: indent + "  ") }.joined(separator: "\n")
        return "\(opening)>\n\(inner)\n\(indent)</\(name)>"
    }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
            .replacingOccurrences(of: "\n", with: "&#10;")
    }
}
