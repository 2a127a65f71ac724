/// Where a text stops being JSON, and why.
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes before the place.
    public let offset: Int
    /// Both count from 1; columns are bytes.
    public let line: Int
    public let column: Int
    public let expected: String
    /// What is there instead; nil where the text ends.
    public let found: String?

    public var description: String {
        "line \(line), column \(column): expected \(expected), found \(found ?? "the end of the text")"
    }
}
