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

    /// A chart with its title, drawn twice, for wide and for narrow pages; the style sheet shows one of them.
    static func figure(_ chart: some Chart) -> HTML {
        .element(
            "figure",
            [
                .element("figcaption", chart.title),
                .element("div", ["class": "wide"], [.chart(chart, width: 800)]),
                .element("div", ["class": "narrow"], [.chart(chart, width: 340)]),
            ])
    }

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

    /// Rows of numbers under their names; the first column names the rows.
    static func table(_ head: [String], _ rows: [[String]]) -> HTML {
        table(head, rows, style: "arms", cells: "number")
    }

    /// The same of words.
    static func facts(_ head: [String], _ rows: [[String]]) -> HTML {
        table(head, rows, style: "facts", cells: "")
    }

    private static func table(
        _ head: [String], _ rows: [[String]], style: String, cells: String
    ) -> HTML {
        let rows = rows.map { row in
            HTML.element(
                "tr",
                zip(head, row).enumerated().map { column, cell in
                    column == 0
                        ? .element("th", ["scope": "row"], cell.1)
                        : .element("td", ["class": cells, "data-label": cell.0], cell.1)
                })
        }
        let titles = head.enumerated().map { column, title in
            HTML.element("th", ["scope": "col", "class": column == 0 ? "" : cells], title)
        }
        return .element(
            "table", ["class": style],
            [.element("thead", [.element("tr", titles)]), .element("tbody", rows)])
    }

    /// A file that needs no network and no script, for screen, phone and paper.
    static func page(title: String, _ content: [HTML]) -> HTML {
        let head: [HTML] = [
            HTML(
                """
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width,initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">

                """),
            .element("title", title), .styleSheet([ChartStyle.sheet, ReportStyle.sheet]),
        ]
        let document = HTML.element(
            "html", ["lang": "en"],
            [.element("head", head), .element("body", [.element("main", content)])])
        return .fragment([HTML("<!DOCTYPE html>\n"), document])
    }
}
