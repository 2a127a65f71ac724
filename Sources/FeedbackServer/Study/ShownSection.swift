import Charts
import Feedback

/// A section as the template of the live page takes it.
struct ShownSection {
    struct Row { let cells: [String] }

    struct Picture {
        let title: String
        /// Everything from outside is escaped in it.
        let svg: String
    }

    let name: String
    let title: String
    let explanation: String
    let columns: [String]
    let rows: [Row]
    let charts: [Picture]
    /// Whether it is the list of items on which people part.
    let isContested: Bool

    /// In pixels: readable where a phone makes it a little smaller.
    private static let chartWidth = 460.0

    init(_ section: StudySection) {
        name = section.table.name
        title = section.table.title
        explanation = section.table.explanation
        columns = section.table.columns
        rows = section.table.rows.map(Row.init)
        isContested = section.table.name == "contested"
        charts = section.charts.map { Picture(title: $0.title, svg: $0.svg(width: Self.chartWidth)) }
    }
}
