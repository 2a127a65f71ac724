import Charts
import Foundation
import Hashing
import Hummingbird

/// The files of the front end, which are in the binary.
enum Assets {
    /// A file that browsers ask for.
    struct File: Sendable {
        let bytes: [UInt8]
        let type: String
        /// Its content in short: browsers keep the file and ask whether it is still this one.
        let tag: String

        init(_ bytes: [UInt8], _ type: String) {
            self.bytes = bytes
            self.type = type
            tag = "\"\(SHA256.hash(of: bytes).prefix(12).base64EncodedString())\""
        }
    }

    /// By name; nothing else is ever looked up, so that no path leads anywhere.
    static let files: [String: File] = {
        var files = scripts.reduce(into: [String: File]()) { files, script in
            files["\(script.name).js"] = File(script.bytes, "text/javascript; charset=utf-8")
        }
        files["style.css"] = File(PackageResources.style_css, "text/css; charset=utf-8")
        files["charts.css"] = File(Array("\(ChartStyle.sheet)".utf8), "text/css; charset=utf-8")
        files["icon.svg"] = File(PackageResources.icon_svg, "image/svg+xml")
        return files
    }()

    private static let scripts: [(name: String, bytes: [UInt8])] = [
        ("answers", PackageResources.answers_js),
        ("api", PackageResources.api_js),
        ("chat", PackageResources.chat_js),
        ("choices", PackageResources.choices_js),
        ("clock", PackageResources.clock_js),
        ("dom", PackageResources.dom_js),
        ("drafts", PackageResources.drafts_js),
        ("feedback", PackageResources.feedback_js),
        ("inline", PackageResources.inline_js),
        ("itempage", PackageResources.itempage_js),
        ("itemview", PackageResources.itemview_js),
        ("label", PackageResources.label_js),
        ("markdown", PackageResources.markdown_js),
        ("outbox", PackageResources.outbox_js),
        ("queue", PackageResources.queue_js),
        ("ranking", PackageResources.ranking_js),
        ("signin", PackageResources.signin_js),
        ("storage", PackageResources.storage_js),
        ("study", PackageResources.study_js),
        ("tasks", PackageResources.tasks_js),
        ("upload", PackageResources.upload_js),
    ]

    static let templates: [String: String] = [
        "account": PackageResources.account_mustache,
        "audit": PackageResources.audit_mustache,
        "chat": PackageResources.chat_mustache,
        "error": PackageResources.error_mustache,
        "export": PackageResources.export_mustache,
        "group": PackageResources.group_mustache,
        "home": PackageResources.home_mustache,
        "import": PackageResources.import_mustache,
        "item": PackageResources.item_mustache,
        "items": PackageResources.items_mustache,
        "join": PackageResources.join_mustache,
        "joined": PackageResources.joined_mustache,
        "label": PackageResources.label_mustache,
        "layout": PackageResources.layout_mustache,
        "people": PackageResources.people_mustache,
        "person": PackageResources.person_mustache,
        "project": PackageResources.project_mustache,
        "secret": PackageResources.secret_mustache,
        "signin": PackageResources.signin_mustache,
        "study": PackageResources.study_mustache,
        "tabs": PackageResources.tabs_mustache,
        "uses": PackageResources.uses_mustache,
    ].mapValues { String(decoding: $0, as: UTF8.self) }

    /// Serves a file. Its name is looked up in the table above, never on the disk.
    static func answer(_ call: OpenCall) throws -> Response {
        guard let file = files[try call.parameter("name")] else { throw RequestProblem.notFound }
        let headers: HTTPFields = [
            .contentType: file.type, .eTag: file.tag, .cacheControl: "no-cache",
        ]
        if call.request.headers[.ifNoneMatch] == file.tag {
            return Response(status: .notModified, headers: headers)
        }
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }
}
