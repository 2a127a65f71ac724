import Charts

/// A piece of a page whose text is escaped already. Strings become HTML only through ``text(_:)``, so a model's
/// words cannot become markup by mistake.
struct HTML {
    private(set) var source: String

    /// Markup written in this program, never anything read at run time.
    init(_ markup: StaticString) { source = markup.description }

    private init(source: String) { self.source = source }

    static func text(_ text: String) -> HTML { HTML(source: escapedMarkup(text)) }

    static func fragment(_ parts: [HTML]) -> HTML { HTML(source: parts.map(\.source).joined()) }

    static func chart(_ chart: some Chart, width: Double) -> HTML { HTML(source: chart.svg(width: width)) }

    static func styleSheet(_ parts: [StaticString]) -> HTML {
        HTML(source: "<style>\n" + parts.map(\.description).joined(separator: "\n") + "\n</style>\n")
    }

    /// An element inside a line of text: no line break follows it, which would be shown as a blank.
    static func inline(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ content: [HTML]
    ) -> HTML {
        let written = attributes.map { " \($0.key)=\"\(escapedMarkup($0.value))\"" }.joined()
        return HTML(source: "<\(name)\(written)>\(content.map(\.source).joined())</\(name)>")
    }

    static func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ content: [HTML]
    ) -> HTML {
        .fragment([inline(name, attributes, content), HTML("\n")])
    }

    static func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ text: String
    ) -> HTML {
        element(name, attributes, [.text(text)])
    }

    static func element(_ name: StaticString, _ content: [HTML]) -> HTML { element(name, [:], content) }

    static func element(_ name: StaticString, _ text: String) -> HTML { element(name, [:], [.text(text)]) }
}
