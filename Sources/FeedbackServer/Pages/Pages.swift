import Charts
import Feedback
import Hummingbird
import Mustache

/// The pages, made of templates that are parsed once.
struct Pages: Sendable {
    private let library: MustacheLibrary

    init() {
        MustacheContentTypes.register(Markup(), named: Markup.name)
        var library = MustacheLibrary()
        for (name, text) in Assets.templates {
            do {
                try library.register("{{% CONTENT_TYPE: \(Markup.name)}}\n" + text, named: name)
            } catch {
                preconditionFailure("the template \(name) is malformed: \(error)")
            }
        }
        self.library = library
    }

    /// A page.
    ///
    /// - Parameters:
    ///   - name: of its template.
    ///   - content: what the template shows, by the names of its stored properties.
    ///   - scripts: modules that it loads.
    ///   - style: the class of its body.
    func page(
        _ name: String, title: String, _ content: Any, for visitor: Visitor?, scripts: [String] = [],
        style: String = "", notice: String? = nil, status: HTTPResponse.Status = .ok
    ) -> Response {
        let frame = Frame(
            title: title, scripts: scripts, style: style, notice: notice,
            person: visitor.map(Frame.Person.init),
            formToken: visitor?.formToken ?? "", content: content)
        return ServerResponse.html(rendered(name, frame), status: status)
    }

    /// A piece of a page, for scripts that put it in place of an older one.
    func fragment(_ name: String, _ content: Any) -> Response {
        ServerResponse.html(rendered(name, content))
    }

    func errorPage(_ problem: Problem) -> Response {
        page(
            "error", title: "Not done", ErrorContent(message: problem.message, status: problem.status.code),
            for: nil, style: "narrow", status: problem.status)
    }

    private func rendered(_ name: String, _ content: Any) -> String {
        guard let text = library.render(content, withTemplate: name) else {
            preconditionFailure("there is no template \(name)")
        }
        return text
    }
}

/// What every page shows around its content.
private struct Frame {
    struct Person {
        let name: String
        let isLead: Bool

        init(_ visitor: Visitor) {
            name = visitor.annotator.name
            isLead = visitor.isLead
        }
    }

    let title: String
    let scripts: [String]
    let style: String
    let notice: String?
    let person: Person?
    let formToken: String
    let content: Any
}

private struct ErrorContent {
    let message: String
    let status: Int
}

/// Escapes scalar by scalar. The template engine's own escaping goes by characters, and a quotation mark with a combining
/// accent is another character than a quotation mark, while a browser still takes it for one.
private struct Markup: MustacheContentType {
    static let name = "MARKUP"

    func escapeText(_ text: String) -> String { escapedMarkup(text) }
}
