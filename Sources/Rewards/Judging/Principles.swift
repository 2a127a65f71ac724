import Files
import Foundation
import RandomNumbers

/// What a judge goes by, in words: one principle for each prompt, drawn from a list.
public struct Principles: Hashable, Sendable {
    public static let standard = Principles([
        "The better answer does what was asked for, is right, and is no longer than it has to be."
    ])

    public let texts: [String]

    init(_ texts: [String]) {
        precondition(!texts.isEmpty, "no principle")
        self.texts = texts
    }

    /// A text file with a principle a line: as a list of YAML (`- …`) or bare, with comments behind `#` at a line's start.
    ///
    /// - Throws: ``RewardError/fileUnfit(path:expected:found:)`` where it has none.
    public init(contentsOf file: URL) throws {
        let expected = "principles, one a line"
        guard let text = String(data: try FileSystem.read(file), encoding: .utf8) else {
            throw RewardError.fileUnfit(path: file.path, expected: expected, found: "bytes that are no UTF-8")
        }
        texts = text.split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
            .map { $0.hasPrefix("- ") ? $0.dropFirst(2).trimmingCharacters(in: .whitespaces) : $0 }
        guard !texts.isEmpty else {
            throw RewardError.fileUnfit(path: file.path, expected: expected, found: "none")
        }
    }

    /// The principle for a prompt: the same for all answers to it, whatever else is judged.
    func principle(for prompt: String) -> String {
        guard texts.count > 1 else { return texts[0] }
        var hash = StableHash()
        hash.combine(prompt)
        return texts[Int(hash.value % UInt64(texts.count))]
    }
}
