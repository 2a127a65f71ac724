import Datasets
import Foundation
import JSON

/// Reads what other tools wrote.
struct ToolImport {
    private let format: ToolFormat
    /// The aspects of the project that it is for, where there is one.
    private let aspects: [String]
    /// How often answers to a question were not understood, by its name.
    var unread: [String: Int] = [:]
    /// What was there and is no judgment of a person, or only a part of one, by what it is.
    var leftOut: [String: Int] = [:]
    /// Names of buckets, the best first, as the user gives them, and those that there are.
    private let bucketOrder: [String]
    private var buckets: Set<String> = []

    init(_ format: ToolFormat, aspects: [String], bucketOrder: [String]) {
        self.format = format
        self.aspects = aspects
        self.bucketOrder = bucketOrder
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
        try checkBucketOrder(in: url)
        return items
    }

    /// A name that is in no row is a slip, and would leave the others in an order that nobody meant.
    private func checkBucketOrder(in url: URL) throws {
        guard let unknown = bucketOrder.first(where: { !buckets.contains($0) }) else { return }
        let known = buckets.sorted().map { "'\($0)'" }.joined(separator: ", ")
        throw DataError(
            .usage, file: url.relativePath, expected: "the bucket '\(unknown)' of --bucket-order",
            found: known.isEmpty ? "no buckets" : known, remedy: "name those that are there, the best first")
    }

    /// Reads one answer of a person into the parts of their opinion.
    mutating func read(
        _ name: String, _ value: JSONValue, of subject: Int? = nil, _ reader: AnswerReader,
        at place: Place, into parts: inout OpinionParts
    ) throws {
        buckets.formUnion((value.object?.keys ?? []).filter { $0 != BucketRanks.unsorted })
        do {
            switch try reader.read(name, value, of: subject, into: &parts) {
            case .understood: break
            case .notUnderstood: unread[name, default: 0] += 1
            case .partial: leftOut["rankings with answers left unsorted", default: 0] += 1
            }
        } catch let problem as BucketRanks.Problem {
            let names = problem.names.map { "'\($0)'" }.joined(separator: ", ")
            throw DataError(
                file: place.file, line: place.line, expected: problem.expected, found: names,
                remedy: "give the names of all buckets, the best first: --bucket-order BEST,…,WORST")
        }
    }

    mutating func leaveOut(_ count: Int, _ what: String) {
        if count > 0 { leftOut[what, default: 0] += count }
    }

    /// In the folder of an export, what holds the items.
    private static func file(_ url: URL, _ format: ToolFormat) -> URL {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue
        else { return url }
        return url.appendingPathComponent(format == .argilla ? "records.json" : "tasks.json")
    }

    // MARK: Prompts and answers

    struct Content {
        var item: ImportedItem
        let reader: AnswerReader

        mutating func setPolicies(_ labels: [JSONValue]?) {
            for (position, label) in (labels ?? []).enumerated() where position < item.responses.count {
                guard let label = label.string, !label.isEmpty else { continue }
                item.responses[position].policy = Policy(labelled: label)
            }
        }

        mutating func add(
            _ opinion: Opinion, by person: String, seconds: JSONValue? = nil, createdAt: JSONValue? = nil,
            at place: Place
        ) throws {
            guard !opinion.isEmpty else { return }
            item.judgments.append(
                try ImportedJudgment(
                    annotator: person, opinion: opinion, seconds: seconds, createdAt: createdAt, place: place)
            )
        }
    }

    func content(_ columns: JSONObject, at place: Place) throws -> Content {
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
                responseCount: responses.count, bucketOrder: bucketOrder))
    }
}

extension Policy {
    /// A hash, or the name where it is none.
    init(labelled label: String) {
        let isHash = label.count == 64 && label.allSatisfy(\.isHexDigit)
        self.init(name: isHash ? String(label.prefix(12)) : label, hash: isHash ? label : "")
    }
}
