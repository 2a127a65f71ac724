import Errors

/// Where a row is: the file as it was named by the caller, and the line it begins in; in a file that is no JSON Lines also
/// which row it is. Both count from 1.
public struct Place: Hashable, Codable, Sendable, CustomStringConvertible {
    public let file: String
    public let line: Int
    public let row: Int?

    public init(file: String, line: Int, row: Int? = nil) {
        self.file = file
        self.line = line
        self.row = row
    }

    public var description: String { "\(file):\(line)" + (row.map { " (row \($0))" } ?? "") }
}

/// What is wrong with a data file, in one line: `FILE:LINE: expected …, found …; what to do`.
public struct DataError: CategorizedError, Hashable, Sendable, CustomStringConvertible {
    public let category: ErrorCategory
    public let file: String
    /// The line the error is about, counted from 1; nil when it is about the file as a whole.
    public let line: Int?
    /// Which row of the file it is about, where that is not its line.
    public let row: Int?
    public let expected: String
    public let found: String
    /// What to do next, as a command to the reader: "fix or remove the line".
    public let remedy: String

    public init(
        _ category: ErrorCategory = .badData, file: String, line: Int? = nil, row: Int? = nil,
        expected: String,
        found: String, remedy: String
    ) {
        self.category = category
        self.file = file
        self.line = line
        self.row = row
        self.expected = expected
        self.found = found
        self.remedy = remedy
    }

    public init(at place: Place, expected: String, found: String, remedy: String) {
        self.init(
            file: place.file, line: place.line, row: place.row, expected: expected, found: found,
            remedy: remedy)
    }

    public var description: String {
        let place = line.map { Place(file: file, line: $0, row: row).description } ?? file
        return "\(place): expected \(expected), found \(found); \(remedy)"
    }
}
