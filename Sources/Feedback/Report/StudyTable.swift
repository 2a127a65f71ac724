import Statistics

/// A part of a report as words and numbers for readers: what it is about, how to read it, and rows of text.
public struct StudyTable: Encodable, Hashable, Sendable {
    /// A word for links and tests, such as `agreement`.
    public var name: String
    public var title: String
    /// What the numbers mean and what to do about them, in plain words.
    public var explanation: String
    public var columns: [String]
    public var rows: [[String]]

    public init(name: String, title: String, explanation: String, columns: [String], rows: [[String]]) {
        self.name = name
        self.title = title
        self.explanation = explanation
        self.columns = columns
        self.rows = rows
    }

    /// The table for a terminal: title, aligned columns, and the explanation in lines of at most `width` characters.
    public func lines(width: Int = 100) -> [String] {
        let widths = columns.indices.map { column in
            ([columns[column]] + rows.map { $0[column] }).map(\.count).max() ?? 0
        }
        let table = ([columns] + rows).map { cells in
            zip(cells, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }.joined(separator: "  ").trimmingTrailingSpaces
        }
        return [title] + table.map { "  " + $0 }
            + Self.wrapped(explanation, width: width - 2).map { "  " + $0 }
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)])
    }
}

extension StudyReport {
    /// What `heed label agreement` prints: every table with a row, with an empty line between two.
    public func lines(width: Int = 100) -> [String] {
        tables.map { $0.lines(width: width) }.joined(separator: [""]).map(\.self)
    }
}
