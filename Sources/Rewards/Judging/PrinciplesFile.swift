import Foundation

/// A text file of principles: a list of YAML (`- …`, below `principles:` or alone), or bare lines. Comments stand behind `#`, at a
/// line's start or, in a list, after a blank. A line of a list goes on in those that are indented under it.
struct PrinciplesFile {
    static let expected = "principles, one a line"
    private(set) var principles: [String] = []
    private let path: String
    private var isInList = false

    /// - Throws: ``RewardError/fileUnfit(path:expected:found:)`` naming the line.
    init(path: String, text: String) throws {
        self.path = path
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() { try read(String(line), number: index + 1) }
        guard !principles.isEmpty else {
            throw RewardError.fileUnfit(path: path, expected: Self.expected, found: "none")
        }
    }

    private mutating func read(_ line: String, number: Int) throws {
        let content = line.trimmingCharacters(in: .whitespaces)
        guard !content.isEmpty, !content.hasPrefix("#") else { return }
        if content == "principles:", principles.isEmpty { return }
        if content.hasPrefix("- ") || content == "-" {
            isInList = true
            return try add(try item(String(content.dropFirst()), number), number)
        }
        if isInList, line.first?.isWhitespace == true {
            principles[principles.count - 1] += " " + content
            return
        }
        isInList = false
        let isKey = content.hasSuffix(":") && !content.contains(where: \.isWhitespace)
        guard !content.hasPrefix("-"), !isKey else {
            throw unfit(number, content)
        }
        try add(content, number)
    }

    /// What stands behind a dash, without quotes and comment.
    private func item(_ text: String, _ number: Int) throws -> String {
        let text = text.trimmingCharacters(in: .whitespaces)
        if let quote = text.first, quote == "\"" || quote == "'" {
            guard let end = text.dropFirst().lastIndex(of: quote),
                text[text.index(after: end)...].trimmingCharacters(in: .whitespaces).first ?? "#" == "#"
            else { throw unfit(number, text) }
            let quoted = String(text[text.index(after: text.startIndex)..<end])
            return quote == "'"
                ? quoted.replacingOccurrences(of: "''", with: "'")
                : quoted.replacingOccurrences(of: "\\\"", with: "\"")
        }
        let comment = text.hasPrefix("#") ? text.startIndex : text.firstRange(of: " #")?.lowerBound
        return text[..<(comment ?? text.endIndex)].trimmingCharacters(in: .whitespaces)
    }

    private mutating func add(_ principle: String, _ number: Int) throws {
        guard !principle.isEmpty else { throw unfit(number, "a dash with nothing behind it") }
        guard !principles.contains(principle) else {
            throw unfit(number, "'\(principle)' for the second time")
        }
        principles.append(principle)
    }

    private func unfit(_ line: Int, _ found: String) -> RewardError {
        .fileUnfit(path: "\(path):\(line)", expected: "a principle: - TEXT, or a line of text", found: found)
    }
}
