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
        let definition = project.definition
        let most = definition.answersPerItem ?? definition.task.usualAnswersPerItem
        let counts = most == 1 ? "1 answer" : "up to \(most) answers"
        return pages.page(
            "import", title: "Import into \(project.name)",
            Content(head: ProjectHead(project, .importing), project: id, counts: counts),
            for: call.visitor, scripts: ["upload.js"], style: "narrow")
    }

    private struct Receipt: Encodable {
        var rows = 0
        var added = 0
        var duplicates = 0
        /// Prompts with too few answers for an item.
        var unused = 0
    }

    /// Reads the body line by line while it comes in. Where a line is not as it should be, nothing is added.
    private func upload(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        let contentType = call.request.headers[.contentType] ?? ""
        guard contentType.prefix(while: { $0 != ";" }) == "application/jsonl" else {
            throw RequestProblem.malformed("The content type of an upload is application/jsonl.")
        }
        let kind = try self.kind(call)
        let model = call.query("model")?.removingPercentEncoding ?? ""
        var plan = ItemPlan(kind: kind, model: model.isEmpty ? nil : model)
        var receipt = Receipt()
        try await forEachLine(of: call) { line in
            try plan.add(line)
            receipt.rows += 1
        }
        guard receipt.rows > 0 else { throw RequestProblem.malformed("There is no row in the file.") }
        let definition = try await store.read { try $0.project(id) }.definition
        let (items, unused) = plan.items(for: definition)
        guard !items.isEmpty else { throw RequestProblem.malformed(Self.nothing(for: definition.task)) }
        receipt.unused = unused
        // People go on judging meanwhile.
        for start in stride(from: 0, to: items.count, by: Self.batchSize) {
            let batch = Array(items[start..<min(start + Self.batchSize, items.count)])
            let count = try await store.write(by: call.person.id) {
                try $0.addItems(batch, to: id, kind: kind)
            }
            receipt.added += count.added
            receipt.duplicates += count.duplicates
        }
        return try ServerResponse.json(receipt)
    }

    private func kind(_ call: Call) throws -> ItemKind {
        let kind = call.query("kind").flatMap(ItemKind.init) ?? .work
        guard kind != .chat else { throw RequestProblem.malformed("Turns of a chat are not imported.") }
        return kind
    }

    private func forEachLine(of call: Call, _ body: (LineSplitter.Line) throws -> Void) async throws {
        var lines = LineSplitter(limit: call.limits.uploadLineSize)
        var size = 0
        for try await part in call.request.body {
            size += part.readableBytes
            guard size <= call.limits.uploadSize else {
                throw RequestProblem.tooLarge(limit: call.limits.uploadSize)
            }
            for line in try lines.lines(adding: part.readableBytesView) { try body(line) }
        }
        if let line = lines.rest { try body(line) }
    }

    private static func nothing(for task: LabellingTask) -> String {
        let count = task.responseCounts.lowerBound
        return "No prompt in the file has \(count) answers that differ, which an item of this project needs."
    }
}

extension ItemPlan {
    /// - Throws: `DataError` with the line of what is not as it should be.
    mutating func add(_ line: LineSplitter.Line) throws {
        let place = Place(file: "line", line: line.number)
        guard line.bytes.first(where: { !Self.spaces.contains($0) }) != UInt8(ascii: "[") else {
            throw Self.otherLayout(found: "a list, as other tools export", at: place)
        }
        var fields = RowFields(try JSONObject(line: line.bytes, at: place), place: place)
        guard fields.contains("prompt"), fields.contains("responses") else {
            let names = fields.remaining.keys.filter(fields.contains).map { "\"\($0)\"" }.joined(
                separator: ", ")
            throw Self.otherLayout(found: names.isEmpty ? "no column" : names, at: place)
        }
        try add(ResponsesRow(from: &fields), at: place)
    }

    private static let spaces = Array(" \t".utf8)

    private static func otherLayout(found: String, at place: Place) -> DataError {
        DataError(
            at: place, expected: "\"prompt\" and \"responses\" as heed sample writes rows", found: found,
            remedy:
                "this page takes no other rows; judgments and exports of Argilla and Label Studio come in with "
                + "heed label import")
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
