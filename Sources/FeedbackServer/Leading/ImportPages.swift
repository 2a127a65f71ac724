import Datasets
import Feedback
import Foundation
import Hummingbird
import JSON

/// Answers of models, as `heed sample` writes them, become items of a project.
struct ImportPages: Sendable {
    let store: FeedbackStore
    let pages: Pages

    /// Items that are added in one change of the store.
    private static let batchSize = 200

    func add(to routes: Routes) {
        routes.lead(.get, "/projects/:project/import", page)
        routes.lead(.post, "/api/projects/:project/items", upload)
    }

    private struct Content {
        let head: ProjectHead
        let project: Project.ID
        /// How many answers an item shows.
        let counts: String
    }

    private func page(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        let project = try await store.read { try $0.project(id) }
        let range = project.definition.task.responseCounts
        let counts =
            range.count > 1
            ? "\(range.lowerBound) to \(range.upperBound) answers"
            : range.lowerBound == 1 ? "1 answer" : "\(range.lowerBound) answers"
        return pages.page(
            "import", title: "Import into \(project.name)",
            Content(head: ProjectHead(project, .importing), project: id, counts: counts),
            for: call.visitor, scripts: ["upload.js"], style: "narrow")
    }

    private struct Receipt: Encodable {
        var rows = 0
        var added = 0
        var duplicates = 0
        /// What is wrong with the first line that is not as it should be; what came before it is in.
        var problem: String?
    }

    /// What is read and not added yet.
    private struct Batch {
        var rows = 0
        var items: [NewItem] = []
    }

    /// Reads the body line by line while it comes in, so that a file may be larger than memory. What was added before a bad
    /// line stays: the same file again, corrected, adds the rest, as items are recognised by their content.
    private func upload(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        let contentType = call.request.headers[.contentType] ?? ""
        guard contentType.prefix(while: { $0 != ";" }) == "application/jsonl" else {
            throw RequestProblem.malformed("The content type of an upload is application/jsonl.")
        }
        let kind = call.query("kind").flatMap(ItemKind.init) ?? .work
        guard kind != .chat else { throw RequestProblem.malformed("Turns of a chat are not imported.") }
        let task = try await store.read { try $0.project(id) }.definition.task
        let reader = RowReader(
            task: task, kind: kind, model: call.query("model")?.removingPercentEncoding ?? "")
        var lines = LineSplitter(limit: call.limits.uploadLineSize)
        var receipt = Receipt()
        var batch = Batch()
        do {
            var size = 0
            for try await part in call.request.body {
                size += part.readableBytes
                guard size <= call.limits.uploadSize else {
                    throw RequestProblem.tooLarge(limit: call.limits.uploadSize)
                }
                for line in try lines.lines(adding: part.readableBytesView) {
                    try read(line, with: reader, into: &batch)
                    if batch.items.count >= Self.batchSize {
                        try await add(&batch, to: id, kind, by: call, &receipt)
                    }
                }
            }
            if let line = lines.rest { try read(line, with: reader, into: &batch) }
            try await add(&batch, to: id, kind, by: call, &receipt)
            guard receipt.rows > 0 else { throw RequestProblem.malformed("There is no row in the file.") }
        } catch let error where receipt.rows > 0 {
            receipt.problem = Problem(error).message
        }
        return try ServerResponse.json(receipt)
    }

    private func read(_ line: LineSplitter.Line, with reader: RowReader, into batch: inout Batch) throws {
        batch.items += try reader.items(line)
        batch.rows += 1
    }

    private func add(
        _ batch: inout Batch, to project: Project.ID, _ kind: ItemKind, by call: Call,
        _ receipt: inout Receipt
    ) async throws {
        let (rows, items) = (batch.rows, batch.items)
        batch = Batch()
        guard rows > 0 else { return }
        let count = try await store.write(by: call.person.id) {
            try $0.addItems(items, to: project, kind: kind)
        }
        receipt.rows += rows
        receipt.added += count.added
        receipt.duplicates += count.duplicates
    }
}

/// Cuts bytes into lines as they come.
struct LineSplitter {
    struct Line {
        let number: Int
        let bytes: Data
    }

    private let limit: Int
    private var pending = Data()
    private var count = 0

    /// - Parameter limit: bytes of one line.
    init(limit: Int) { self.limit = limit }

    /// The lines that the bytes complete; empty ones are left out.
    mutating func lines(adding bytes: some Collection<UInt8>) throws -> [Line] {
        var found: [Line] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            pending.append(contentsOf: rest[..<end])
            try checkLength()
            if let line = take() { found.append(line) }
            rest = rest[rest.index(after: end)...]
        }
        pending.append(contentsOf: rest)
        try checkLength()
        return found
    }

    /// What follows the last line break.
    var rest: Line? {
        mutating get { take() }
    }

    private mutating func take() -> Line? {
        defer { pending = Data() }
        count += 1
        guard pending.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return nil }
        return Line(number: count, bytes: pending)
    }

    private func checkLength() throws {
        guard pending.count <= limit else {
            throw RequestProblem.malformed("Line \(count + 1) is longer than \(limit >> 20) MiB.")
        }
    }
}

/// Makes items of rows of responses.
struct RowReader: Sendable {
    let task: LabellingTask
    let kind: ItemKind
    /// What the lead calls the model that wrote answers which do not say so themselves.
    let model: String

    /// The row as one item; or several, where it has more answers than an item shows and nothing is expected of it.
    ///
    /// - Throws: `DataError` with the line of what is not as it should be.
    func items(_ line: LineSplitter.Line) throws -> [NewItem] {
        let place = Place(file: "line", line: line.number)
        var fields = RowFields(try JSONObject(line: line.bytes, at: place), place: place)
        var row = try ResponsesRow(from: &fields)
        let expected = try row.extra["expected"].map { try opinion($0, place) }
        if kind != .work, expected == nil {
            throw error(place, expected: "the column \"expected\" in rows of kind \(kind)", found: "none")
        }
        let explanation = row.extra["explanation"]?.string ?? ""
        row.extra["expected"] = nil
        row.extra["explanation"] = nil
        let answers = row.itemResponses(ofModel: model.isEmpty ? nil : model)
        if expected == nil, answers.count > task.responseCounts.upperBound {
            var plan = ItemPlan()
            plan.add(answers, to: row.prompt, extra: row.itemColumns)
            return plan.items(for: task)
        }
        return [
            NewItem(
                prompt: row.prompt, responses: answers, extra: row.itemColumns, expected: expected,
                explanation: explanation)
        ]
    }

    private func opinion(_ value: JSONValue, _ place: Place) throws -> Opinion {
        do {
            return try JSONDecoder().decode(Opinion.self, from: Data(value.text(.compact).utf8))
        } catch {
            throw self.error(
                place,
                expected:
                    "an opinion in \"expected\", as in {\"verdicts\": {\"\": {\"better\": 0, \"strength\": 2}}}",
                found: value.kindDescription)
        }
    }

    private func error(_ place: Place, expected: String, found: String) -> DataError {
        DataError(
            at: place, expected: expected, found: found,
            remedy: "fix or remove the line")
    }
}
