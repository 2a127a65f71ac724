import Datasets
import Feedback
import Foundation
import Hummingbird

/// Judgments as files to download.
struct ExportPages: Sendable {
    let store: FeedbackStore
    let pages: Pages

    /// Bytes that are read and sent at a time.
    private static let pieceSize = 1 << 20

    func add(to routes: Routes) {
        routes.lead(.get, "/projects/:project/export", page)
        routes.lead(.get, "/projects/:project/export/:form", download)
    }

    // MARK: The forms

    private enum Form {
        case rows(JudgmentSchema)
        case tool(ToolFormat)

        init?(_ name: String) {
            if let schema = JudgmentSchema(rawValue: name) {
                self = .rows(schema)
            } else if let format = ToolFormat(rawValue: name) {
                self = .tool(format)
            } else {
                return nil
            }
        }

        var name: String {
            switch self {
            case .rows(let schema): schema.rawValue
            case .tool(let format): format.rawValue
            }
        }

        var fileType: String {
            switch self {
            case .rows: "jsonl"
            case .tool: "tar"
            }
        }

        var explanation: String {
            switch self {
            case .rows(.comparisons):
                "Every pair of answers that a judgment puts in order. For reward models and DPO."
            case .rows(.rankings): "Every judgment of several answers, ties as equal ranks."
            case .rows(.ratings): "Every mark, with its scale."
            case .rows(.binary): "Good or not, one answer per row. For KTO."
            case .rows(.judgments): "Every judgment in its own shape. For a reward model of all of them."
            case .rows(.edits): "What answers should have been. For supervised fine-tuning."
            case .rows(.corrections):
                "What answers should have been, over what they were. For reward models and DPO."
            case .rows(.flags): "Answers that somebody found unsafe or broken."
            case .tool(.argilla): "Settings and records as Argilla reads them."
            case .tool(.labelStudio): "Labelling configuration and tasks as Label Studio reads them."
            }
        }

        static var all: [Form] { JudgmentSchema.allCases.map(Form.rows) + ToolFormat.allCases.map(Form.tool) }
    }

    private struct Content {
        struct Entry {
            let name: String
            let fileType: String
            let explanation: String
        }

        let head: ProjectHead
        let project: Project.ID
        let forms: [Entry]
    }

    private func page(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        let project = try await store.read { try $0.project(id) }
        let forms = Form.all.map {
            Content.Entry(name: $0.name, fileType: $0.fileType, explanation: $0.explanation)
        }
        return pages.page(
            "export", title: "Export of \(project.name)",
            Content(head: ProjectHead(project, .exporting), project: id, forms: forms), for: call.visitor)
    }

    // MARK: A file

    private func download(_ call: Call) async throws -> Response {
        let id = try call.number("project")
        // The name of a form is one of a list; it never becomes a path.
        guard let form = Form(try call.parameter("form")) else { throw RequestProblem.notFound }
        let name = try await store.read { try $0.project(id) }.name
        let selection = JudgmentSelection(project: name)
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("heed-export-\(UUID().uuidString)")
        let file = try await Task.detached(priority: .utility) { [store] in
            do {
                return try Self.write(form, of: selection, from: store, into: folder)
            } catch {
                try? FileManager.default.removeItem(at: folder)
                throw Self.explained(error)
            }
        }.value
        let fileName = "project-\(id)-\(form.name).\(form.fileType)"
        return Response(
            status: .ok,
            headers: [
                .contentType: form.fileType == "tar" ? "application/x-tar" : "application/jsonl",
                .contentDisposition: "attachment; filename=\"\(fileName)\"",
            ], body: Self.body(of: file, thenRemoving: folder))
    }

    private static func write(
        _ form: Form, of selection: JudgmentSelection, from store: FeedbackStore, into folder: URL
    ) throws -> URL {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let file = folder.appendingPathComponent("export")
        switch form {
        case .rows(let schema): try JudgmentExport.write(schema, of: selection, from: store, to: file)
        case .tool(let format):
            let content = folder.appendingPathComponent("content")
            try JudgmentExport.write(format, of: selection, from: store, to: content)
            try TarArchive.data(of: content).write(to: file)
        }
        return file
    }

    /// Errors of an export name the store's path; a lead is told what to do instead.
    private static func explained(_ error: any Error) -> any Error {
        guard case ExchangeError.nothingToExport = error else { return error }
        return RequestProblem.conflict("No judgment gives such a row yet.")
    }

    private static func body(of file: URL, thenRemoving folder: URL) -> ResponseBody {
        ResponseBody { writer in
            defer { try? FileManager.default.removeItem(at: folder) }
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            while let piece = try handle.read(upToCount: pieceSize), !piece.isEmpty {
                try await writer.write(ByteBuffer(bytes: piece))
            }
            try await writer.finish(nil)
        }
    }
}
